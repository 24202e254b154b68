import { expect, test } from '@jest/globals';
import { MOST_IDS, refuseIdsOverLimit } from './ids-limit.rules.js';

test('as many ids as are allowed may lead to a profile', () => {
  expect(refuseIdsOverLimit(MOST_IDS)).toBeUndefined();
  expect(refuseIdsOverLimit(MOST_IDS + 1)).toMatchObject({ reason: 'PROFILE_ID_LIMIT' });
});
