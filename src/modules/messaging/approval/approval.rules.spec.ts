import { describe, expect, test } from '@jest/globals';
import { approvalState as state } from './approval.js';
import {
  refuseApprover,
  refuseDecision,
  refuseRequest,
  refuseUnapproved,
  standingOf,
} from './approval.rules.js';

describe('an approval', () => {
  test.each([
    ['waits', state.requested, 'now', true, state.requested],
    ['is void while it waits, once the content differs', state.requested, 'then', true, state.void],
    ['counts', state.approved, 'now', true, state.approved],
    ['is void, once the content differs', state.approved, 'then', true, state.void],
    ['lapses with the permission of the approver', state.approved, 'now', false, state.lapsed],
    ['is void rather than lapsed', state.approved, 'then', false, state.void],
    ['stays rejected, whatever changes', state.rejected, 'then', true, state.rejected],
  ])('%s', (_, stored, digest, canApprove, standing) => {
    expect(standingOf({ state: stored, digest }, 'now', canApprove)).toBe(standing);
  });

  test('lets a campaign start only while it counts', () => {
    expect(refuseUnapproved(state.approved)).toBeUndefined();
    for (const standing of [undefined, state.requested, state.rejected, state.void, state.lapsed])
      expect(refuseUnapproved(standing)?.reason).toBe('CAMPAIGN_UNAPPROVED');
  });
});

describe('a request', () => {
  test('is refused while the content is requested or approved', () => {
    expect(refuseRequest(state.requested)?.reason).toBe('APPROVAL_REQUESTED');
    expect(refuseRequest(state.approved)?.reason).toBe('CAMPAIGN_APPROVED');
    for (const standing of [undefined, state.rejected, state.void, state.lapsed])
      expect(refuseRequest(standing)).toBeUndefined();
  });
});

describe('a decision', () => {
  test('is about the content that was looked at, is there, and was requested', () => {
    expect(refuseDecision(state.requested, 'now', 'now')).toBeUndefined();
    expect(refuseDecision(state.requested, 'now', 'then')?.reason).toBe('CONTENT_CHANGED');
    expect(refuseDecision(state.void, 'now', 'now')?.reason).toBe('CONTENT_CHANGED');
  });

  test('needs a request that waits', () => {
    for (const standing of [undefined, state.approved, state.rejected, state.lapsed])
      expect(refuseDecision(standing, 'now', 'now')?.reason).toBe('APPROVAL_NOT_REQUESTED');
  });

  test('is another person’s', () => {
    expect(refuseApprover('ann', ['ben', 'ann'])?.reason).toBe('SECOND_PERSON_NEEDED');
    expect(refuseApprover('ann', ['ben'])).toBeUndefined();
  });
});
