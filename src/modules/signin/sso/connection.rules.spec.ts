import { expect, test } from '@jest/globals';
import { organizationPermissions } from '../../../platform/access/index.js';
import { connectionState } from './connection.js';
import { reachOf, refuseLesser, refuseLoss } from './connection.rules.js';

const { active, disabled } = connectionState;
const everything = new Set<number>(organizationPermissions);
const less = new Set<number>(organizationPermissions.slice(1));

test('a connection speaks for all whom somebody set up who may do everything', () => {
  expect(reachOf(everything).speaksForAll).toBe(true);
  expect(reachOf(less)).toEqual({ ceiling: [...less], speaksForAll: false });
});

test.each([
  ['everything', everything, everything, undefined],
  ['less than everything', everything, less, 'CONNECTION_EXCEEDS_OWN'],
  ['as much', less, less, undefined],
  ['more', less, everything, undefined],
  ['something else', less, new Set([organizationPermissions[0] as number]), 'CONNECTION_EXCEEDS_OWN'],
])('is changed by whoever may do %s', (_what, before, permissions, reason) => {
  expect(refuseLesser(reachOf(before), permissions)?.reason).toBe(reason);
});

test('what was set up by somebody who could do everything then is not for those who cannot now', () => {
  expect(refuseLesser({ ceiling: [], speaksForAll: true }, less)?.reason).toBe('CONNECTION_EXCEEDS_OWN');
});

test.each([
  ['nothing', [], 'LAST_ACTIVE_CONNECTION'],
  ['another that is disabled', [{ state: disabled, speaksForAll: true }], 'LAST_ACTIVE_CONNECTION'],
  ['another that lets no super admin in', [{ state: active, speaksForAll: false }], 'LAST_ACTIVE_CONNECTION'],
  ['another for everybody', [{ state: active, speaksForAll: true }], undefined],
])('enforced, a connection is taken away where %s is left', (_what, others, reason) => {
  const all = [
    { id: 'this', state: active, speaksForAll: true },
    ...others.map((other) => ({ ...other, id: 'other' })),
  ];
  expect(refuseLoss({ id: 'this' }, all, true)?.reason).toBe(reason);
  expect(refuseLoss({ id: 'this' }, all, false)).toBeUndefined();
});
