import { describe, expect, test } from '@jest/globals';
import { refuseName, refuseOverLimit, refuseRemoval } from './domain.rules.js';

const proven = (name: string) => ({ name, verifiedAt: new Date(0) });
const claimed = (name: string) => ({ name, verifiedAt: null });

describe('a domain is removed', () => {
  test.each([
    ['while nothing is enforced', [proven('a.example')], false, undefined],
    ['the last proven one', [proven('a.example')], true, 'LAST_PROVEN_DOMAIN'],
    [
      'beside one that is only claimed',
      [proven('a.example'), claimed('b.example')],
      true,
      'LAST_PROVEN_DOMAIN',
    ],
    ['beside another proven one', [proven('a.example'), proven('b.example')], true, undefined],
  ])('%s', (_, domains, enforced, reason) => {
    expect(refuseRemoval('a.example', domains, enforced)?.reason).toBe(reason);
  });
});

test('the fiftieth domain is the last', () => {
  expect(refuseOverLimit(49)).toBeUndefined();
  expect(refuseOverLimit(50)).toMatchObject({ kind: 'resource_exhausted', reason: 'TOO_MANY_DOMAINS' });
});

test('a name that nobody can own is refused at its field', () => {
  expect(refuseName().details.violations).toMatchObject([{ field: 'name' }]);
});
