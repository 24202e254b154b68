import { describe, expect, test } from '@jest/globals';
import { Permission as P } from '../../../platform/access/index.js';
import { AppError, failedPrecondition } from '../../../platform/errors/index.js';
import { memberStatus } from '../../people/member/index.js';
import { asAnalyticsMember, asInvitation, inOwnWords, refuseInvitation } from './analytics-member.rules.js';

const joinedAt = new Date('2026-01-01T00:00:00Z');
const sentAt = new Date('2026-02-01T00:00:00Z');
const member = (
  given: { status?: number; permissions?: P[]; joinedAt?: Date | null; invitationSentAt?: Date | null } = {},
) => ({
  id: 'row',
  orgId: 'acme',
  identityId: 'person',
  email: 'ada@acme.example',
  name: 'Ada',
  status: given.status ?? memberStatus.active,
  createdAt: joinedAt,
  joinedAt: given.joinedAt === undefined ? joinedAt : given.joinedAt,
  invitationSentAt: given.invitationSentAt ?? null,
  role: { permissions: given.permissions ?? [P.ANALYTICS_READ] },
});

describe('a member', () => {
  test('is seen while active and allowed something of analytics, by the id of the person', () => {
    expect(asAnalyticsMember(member())).toMatchObject({ customerId: 'person', role: 'viewer', joinedAt });
    expect(asAnalyticsMember(member({ permissions: [P.INBOX_READ] }))).toBeUndefined();
    expect(asAnalyticsMember(member({ status: memberStatus.invited }))).toBeUndefined();
    expect(asAnalyticsMember(member({ status: memberStatus.deactivated }))).toBeUndefined();
    expect(asAnalyticsMember(undefined)).toBeUndefined();
  });
});

describe('an invitation', () => {
  test('is one that is open, or was accepted after it had been mailed', () => {
    const open = member({ status: memberStatus.invited, joinedAt: null, invitationSentAt: sentAt });
    const expiresAt = new Date('2026-02-08T00:00:00Z');
    expect(asInvitation(open)).toMatchObject({ id: 'row', isAccepted: false, expiresAt });
    expect(asInvitation({ ...open, invitationSentAt: null })).toMatchObject({ expiresAt: undefined });
    expect(asInvitation({ ...open, status: memberStatus.active })).toMatchObject({ isAccepted: true });
    expect(asInvitation(member())).toBeUndefined();
    expect(asInvitation({ ...open, status: memberStatus.deactivated })).toBeUndefined();
    expect(asInvitation({ ...open, role: { permissions: [P.INBOX_READ] } })).toBeUndefined();
  });

  test('is refused for a member, and for an open one unless that is to be renewed', () => {
    const [{ active, invited, deactivated }, employee] = [memberStatus, [P.INBOX_READ]];
    const reasonOf = (given: Parameters<typeof member>[0], renews: boolean) =>
      refuseInvitation(member(given), { renews })?.reason;
    for (const renews of [true, false]) {
      expect(refuseInvitation(undefined, { renews })).toBeUndefined();
      expect(reasonOf({ status: deactivated }, renews)).toBeUndefined();
      expect(reasonOf({ status: active }, renews)).toBe('ORG_MEMBER_ALREADY_EXISTS');
      expect(reasonOf({ status: active, permissions: employee }, renews)).toBe('ORG_MEMBER_ALREADY_EXISTS');
      expect(reasonOf({ status: invited, permissions: employee }, renews)).toBe('INVITATION_ALREADY_PENDING');
    }
    expect(reasonOf({ status: invited }, false)).toBe('INVITATION_ALREADY_PENDING');
    expect(reasonOf({ status: invited }, true)).toBeUndefined();
  });
});

describe('what members refuse', () => {
  test('gets the reasons of the contract; other errors stay as they are', () => {
    const last = failedPrecondition('LAST_SUPER_ADMIN', 'This is the last.');
    const said = inOwnWords(last, 'CANNOT_REMOVE_LAST_ADMIN');
    expect(said).toBeInstanceOf(AppError);
    expect(said).toMatchObject({
      kind: 'failed_precondition',
      reason: 'CANNOT_REMOVE_LAST_ADMIN',
      message: last.message,
    });
    const other = failedPrecondition('OTHER', 'Something else.');
    expect(inOwnWords(other, 'x')).toBe(other);
    const unknown = new Error('unknown');
    expect(inOwnWords(unknown, 'x')).toBe(unknown);
  });
});
