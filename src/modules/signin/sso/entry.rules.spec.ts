import { expect, test } from '@jest/globals';
import { entryOf } from './entry.rules.js';

const now = new Date('2026-11-22T12:00:00Z');
const [earlier, later] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
const orgId = 'acme';

const open = { orgId, ssoEnforced: false, breakGlassUntil: null, passwordsAllowed: null };
const enforced = { ...open, ssoEnforced: true };
const password = { byPassword: true };
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
  ['a password, where nothing is decided', password, open, 'PASSWORD_NOT_TAKEN'],
  ['a password, where they are taken', password, { ...open, passwordsAllowed: true }, 'usual'],
  ['a password, where they are not', password, { ...open, passwordsAllowed: false }, 'PASSWORD_NOT_TAKEN'],
  ['a password, with enforcement', password, { ...enforced, passwordsAllowed: true }, 'SSO_REQUIRED'],
  ['one whose time is over', { byPasskey: true }, { ...enforced, breakGlassUntil: earlier }, 'SSO_REQUIRED'],
])('%s', (_what, session, membership, expected) => {
  const entry = entryOf(session, membership, { now, passwordsByDefault: false });
  expect(typeof entry === 'string' ? entry : entry.reason).toBe(expected);
});

test('the operator decides about passwords where the organization has not', () => {
  const circumstances = { now, passwordsByDefault: true };
  expect(entryOf(password, open, circumstances)).toBe('usual');
  expect(entryOf(password, { ...open, passwordsAllowed: false }, circumstances)).toMatchObject({
    reason: 'PASSWORD_NOT_TAKEN',
  });
});
