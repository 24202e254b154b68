import { expect, test } from '@jest/globals';
import { organizationPermissions } from '../../../platform/access/index.js';
import { connectionState } from './connection.js';
import { permissionCeiling, refuseBeyondOwnPermissions, refuseLastConnection } from './connection.rules.js';

const { active, disabled } = connectionState;
const everything = new Set<number>(organizationPermissions);
const less = new Set<number>(organizationPermissions.slice(1));

test('a connection speaks for all whom somebody set up who may do everything', () => {
  expect(permissionCeiling(everything).unrestricted).toBe(true);
  expect(permissionCeiling(less)).toEqual({ ceiling: [...less], unrestricted: false });
});

test.each([
  ['everything', everything, everything, undefined],
  ['less than everything', everything, less, 'CONNECTION_EXCEEDS_OWN'],
  ['as much', less, less, undefined],
  ['more', less, everything, undefined],
  ['something else', less, new Set([organizationPermissions[0] as number]), 'CONNECTION_EXCEEDS_OWN'],
])('is changed by whoever may do %s', (_what, before, permissions, reason) => {
  expect(refuseBeyondOwnPermissions(permissionCeiling(before), permissions)?.reason).toBe(reason);
});

test('what was set up by somebody who could do everything then is not for those who cannot now', () => {
  expect(refuseBeyondOwnPermissions({ ceiling: [], unrestricted: true }, less)?.reason).toBe(
    'CONNECTION_EXCEEDS_OWN',
  );
});

test.each([
  ['nothing', [], 'LAST_ACTIVE_CONNECTION'],
  ['another that is disabled', [{ state: disabled, unrestricted: true }], 'LAST_ACTIVE_CONNECTION'],
  ['another that lets no super admin in', [{ state: active, unrestricted: false }], 'LAST_ACTIVE_CONNECTION'],
  ['another for everybody', [{ state: active, unrestricted: true }], undefined],
])('enforced, a connection is taken away where %s is left', (_what, others, reason) => {
  const all = [
    { id: 'this', state: active, unrestricted: true },
    ...others.map((other) => ({ ...other, id: 'other' })),
  ];
  expect(refuseLastConnection({ id: 'this' }, all, true)?.reason).toBe(reason);
  expect(refuseLastConnection({ id: 'this' }, all, false)).toBeUndefined();
});
