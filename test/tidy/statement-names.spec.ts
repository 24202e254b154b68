import { expect, test } from '@jest/globals';
import { sources } from './sources.js';

const named =
  /\b(?:statement|readStatement|setStatement|loneStatement|analyticsQuery)(?:<[^(]*>)?\(\s*(?:\{\s*name: )?'([^']+)'/g;

test('a statement has its name alone: a connection that has prepared one refuses the other', () => {
  const names = sources()
    .filter(({ path }) => /^src\/.*(?<!\.spec)\.ts$/.test(path))
    .flatMap(({ text }) => [...text.matchAll(named)].map(([, name = '']) => name));
  expect(names.length).toBeGreaterThan(300);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
