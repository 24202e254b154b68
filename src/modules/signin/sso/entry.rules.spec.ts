import { expect, test } from '@jest/globals';
import { entryOf } from './entry.rules.js';

const now = new Date('2026-11-22T12:00:00Z');
const [earlier, later] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
const orgId = 'acme';

const open = { orgId, ssoEnforced: false, breakGlassUntil: null };
const enforced = { orgId, ssoEnforced: true, breakGlassUntil: null };
const armed = { ...enforced, breakGlassUntil: later };

test.each([
  ['a code, where single sign-on is no must', {}, open, 'usual'],
  ['its own provider', { ssoOrgId: orgId }, enforced, 'usual'],
  ['another organization’s provider', { ssoOrgId: 'other' }, open, 'SESSION_OF_ANOTHER_ORGANIZATION'],
  [
    'another’s provider and an armed passkey',
    { ssoOrgId: 'other', byPasskey: true },
    armed,
    'SESSION_OF_ANOTHER_ORGANIZATION',
  ],
  ['a code, where it is a must', {}, enforced, 'SSO_REQUIRED'],
  ['a passkey without break-glass access', { byPasskey: true }, enforced, 'SSO_REQUIRED'],
  ['a code, with break-glass access', {}, armed, 'SSO_REQUIRED'],
  ['an armed passkey', { byPasskey: true }, armed, 'break_glass'],
  ['one whose time is over', { byPasskey: true }, { ...enforced, breakGlassUntil: earlier }, 'SSO_REQUIRED'],
])('%s', (_what, session, membership, expected) => {
  const entry = entryOf(session, membership, now);
  expect(typeof entry === 'string' ? entry : entry.reason).toBe(expected);
});
