// What specs import as '@jest/globals'. Support modules stay loaded from one spec file to the next, while Jest makes
// new functions for each: exported variables are live, so both see those of the spec file that is running.
export let afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test;

export function useGlobals(globals) {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globals);
}
