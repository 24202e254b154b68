import { describe, expect, test } from '@jest/globals';
import {
  distinctAddresses,
  isCalendarDate,
  memberStatus,
  refuseLastSuperAdmin,
  refuseProfile,
  refuseReactivation,
  refuseReturn,
  refuseRevocation,
} from './member.rules.js';

test.each([
  ['2025-02-28', true],
  ['2024-02-29', true],
  ['2025-02-29', false],
  ['2025-02-30', false],
  ['2025-13-01', false],
  ['2025-00-10', false],
  ['2025-1-1', false],
  ['yesterday', false],
  ['', false],
])('%j is a day of the calendar: %s', (text, expected) => {
  expect(isCalendarDate(text)).toBe(expected);
});

test.each([
  [{ profile: {}, managerId: null }, []],
  [{ profile: { startDate: '' }, managerId: 'boss' }, []],
  [{ profile: { startDate: '2025-02-30' }, managerId: 'me' }, ['profile.start_date', 'profile.manager_id']],
])('the profile %j has wrong fields %j', (request, fields) => {
  expect(refuseProfile(request, 'me')?.details.violations?.map(({ field }) => field) ?? []).toEqual(fields);
});

test.each([
  ['a', ['a'], 'LAST_SUPER_ADMIN'],
  ['a', ['a', 'b'], undefined],
  ['b', ['a'], undefined],
  ['a', [], undefined],
])('%s leaves, super admins are %j: %s', (member, superAdmins, reason) => {
  expect(refuseLastSuperAdmin(member, superAdmins)?.reason).toBe(reason);
});

describe.each(Object.entries(memberStatus))('a member who is %s', (name, status) => {
  test('comes back only from deactivation', () => {
    expect(refuseReactivation({ status })?.reason).toBe(
      name === 'deactivated' ? undefined : 'MEMBER_NOT_DEACTIVATED',
    );
  });

  test('has an invitation that can be revoked while they are invited and have never been in', () => {
    const open = refuseRevocation({ status, joinedAt: null });
    expect(open?.reason).toBe(name === 'invited' ? undefined : 'INVITATION_NOT_OPEN');
    expect(refuseRevocation({ status, joinedAt: new Date(0) })?.reason).toBe('INVITATION_NOT_OPEN');
  });
});

test.each([
  ['ada@x.example', false, undefined],
  ['ada@x.example', true, 'DELETION_PENDING'],
  ['0190@deleted.invalid', false, 'MEMBER_DELETED'],
  ['0190@deleted.invalid', true, 'DELETION_PENDING'],
  ['deleted.invalid@x.example', false, undefined],
  ['ada@notdeleted.invalid', false, undefined],
])('%s returns, with a deletion pending: %s: %s', (email, pending, reason) => {
  expect(refuseReturn({ email }, pending)?.reason).toBe(reason);
});

test('an address is invited once, however it is written; what is none is told apart by its text', () => {
  expect(
    distinctAddresses(['Ada@X.example', ' ada@x.EXAMPLE ', 'no address', 'no address', 'other']),
  ).toEqual([
    { given: 'Ada@X.example', email: 'ada@x.example' },
    { given: 'no address', email: undefined },
    { given: 'other', email: undefined },
  ]);
});
