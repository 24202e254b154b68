import { describe, expect, test } from '@jest/globals';
import {
  isPersonal,
  mayHaveExport,
  refuseDecision,
  refuseExport,
  refuseLifting,
  requestStatus,
} from './request.rules.js';

const [me, other] = ['me', 'other'];

test.each([
  [me, { userId: me, ssoOrgId: undefined }, true],
  [me, { userId: other, ssoOrgId: undefined }, false],
  [me, { userId: undefined, ssoOrgId: undefined }, false],
  // The organization's provider can sign in as anybody.
  [me, { userId: me, ssoOrgId: 'org' }, false],
])('data of %s, asked for by %j, are asked for by themselves: %s', (ofMember, asking, personal) => {
  expect(isPersonal(ofMember, asking)).toBe(personal);
});

describe('an export', () => {
  const admin = { userId: other, ssoOrgId: undefined, isAdministrator: true };
  const self = { userId: me, ssoOrgId: undefined, isAdministrator: false };
  const selfBySso = { ...self, ssoOrgId: 'org' };
  const stranger = { ...self, userId: other };
  const program = { userId: undefined, ssoOrgId: undefined, isAdministrator: false };

  test.each([
    ['of a person in every organization', { userId: me, personal: true }, [self]],
    ['of a person in this organization', { userId: me, personal: false }, [self, selfBySso, admin]],
    ['of the organization', { userId: null, personal: false }, [admin]],
  ])('%s', (_, request, readers) => {
    const all = [admin, self, selfBySso, stranger, program];
    expect(all.filter((reader) => mayHaveExport(request, reader))).toEqual(
      all.filter((reader) => readers.some((allowed) => allowed === reader)),
    );
  });
});

describe('a decision about a deletion', () => {
  const confirmed = { typed: 'ada@x.example', email: 'ada@x.example' };

  test.each(Object.entries(requestStatus))('that is %s', (name, status) => {
    expect(refuseDecision({ status }, confirmed)?.reason).toBe(
      name === 'pending' ? undefined : 'DELETION_NOT_PENDING',
    );
  });

  test.each(['', 'ADA@x.example', ' ada@x.example', 'bob@x.example'])(
    'confirmed with %j is refused',
    (typed) => {
      const refusal = refuseDecision({ status: requestStatus.pending }, { ...confirmed, typed });
      expect(refusal?.details.violations).toMatchObject([{ field: 'confirmation_email' }]);
    },
  );

  test('does not tell whose it is once it has ended', () => {
    const refusal = refuseDecision({ status: requestStatus.completed }, { ...confirmed, typed: 'x' });
    expect(refusal?.reason).toBe('DELETION_NOT_PENDING');
  });
});

test('nothing is given out while it is deleted', () => {
  expect(refuseExport(false)).toBeUndefined();
  expect(refuseExport(true)?.reason).toBe('DELETION_BEGUN');
});

test.each([
  [true, false, undefined],
  [true, true, undefined],
  [false, false, undefined],
  [false, true, 'DELETION_PENDING'],
])('restricted: %s, while a deletion waits: %s: %s', (restricted, pending, reason) => {
  expect(refuseLifting(restricted, pending)?.reason).toBe(reason);
});
