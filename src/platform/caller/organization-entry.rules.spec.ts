import { describe, expect, test } from '@jest/globals';
import { type ClosedState, refuseEntry } from './organization-entry.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const before = new Date('2025-12-31T23:59:59Z');
const later = new Date('2026-01-01T00:00:01Z');
const open = { suspended: false, expiresAt: null, deletionDueAt: null };
/** As it is recorded: the organization expires when its deletion is requested. */
const shut = { suspended: false, expiresAt: before, deletionDueAt: later };

describe('an organization', () => {
  test.each<[string, Parameters<typeof refuseEntry>[0], ClosedState[], string | undefined]>([
    ['that is open', open, [], undefined],
    ['that is suspended', { ...open, suspended: true }, [], 'ORGANIZATION_SUSPENDED'],
    ['that is suspended, where that is allowed', { ...open, suspended: true }, ['suspended'], undefined],
    [
      'that is suspended, where only a deletion is allowed',
      { ...open, suspended: true },
      ['being_deleted'],
      'ORGANIZATION_SUSPENDED',
    ],
    ['that will expire', { ...open, expiresAt: later }, [], undefined],
    ['that expires now', { ...open, expiresAt: now }, [], 'ORGANIZATION_EXPIRED'],
    [
      'that has expired, whatever is allowed',
      { ...open, suspended: true, expiresAt: before },
      ['suspended', 'being_deleted'],
      'ORGANIZATION_EXPIRED',
    ],
    ['that is being deleted', shut, ['suspended'], 'ORGANIZATION_BEING_DELETED'],
    ['that is being deleted, where that is allowed', shut, ['being_deleted'], undefined],
    [
      'that was suspended and is being deleted, where that is allowed',
      { ...shut, suspended: true },
      ['being_deleted'],
      undefined,
    ],
  ])('%s', (_what, state, answersIn, reason) => {
    expect(refuseEntry(state, now, answersIn)?.reason).toBe(reason);
  });
});
