import { describe, expect, test } from '@jest/globals';
import { acceptedAtSignIn, type OpenInvitation } from './open-invitation.rules.js';

const invitation = (given: Partial<OpenInvitation>): OpenInvitation => ({
  orgId: 'acme',
  userId: 'ann-of-acme',
  organizationName: 'Acme',
  roleSlug: 'employee',
  roleName: 'Employee',
  invitedAt: new Date(0),
  ofProvenDomain: false,
  ssoEnforced: false,
  suspended: false,
  ...given,
});

const acme = invitation({});
const other = invitation({ orgId: 'other', userId: 'ann-of-other' });
const nowhere = { followed: undefined, isMember: false };

describe('signing in', () => {
  test('accepts the only invitation of somebody who is nowhere', () => {
    expect(acceptedAtSignIn(acme, [acme], nowhere)).toBe('only_invitation');
    expect(acceptedAtSignIn(acme, [acme], { ...nowhere, isMember: true })).toBeUndefined();
  });

  test('leaves one of several to the person', () => {
    for (const one of [acme, other]) expect(acceptedAtSignIn(one, [acme, other], nowhere)).toBeUndefined();
  });

  test('accepts the one whose mail was followed, and that one alone', () => {
    const circumstances = { followed: acme.userId, isMember: true };
    expect(acceptedAtSignIn(acme, [acme, other], circumstances)).toBe('mail_link');
    expect(acceptedAtSignIn(other, [acme, other], circumstances)).toBeUndefined();
  });

  test('accepts those of the organization whose domain the address is in', () => {
    const home = invitation({ ofProvenDomain: true });
    expect(acceptedAtSignIn(home, [home, other], { ...nowhere, isMember: true })).toBe('proven_domain');
  });

  test('accepts none where single sign-on is the only way in', () => {
    const closed = invitation({ ofProvenDomain: true, ssoEnforced: true });
    expect(acceptedAtSignIn(closed, [closed], { followed: closed.userId, isMember: false })).toBeUndefined();
  });
});
