import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addresseesOf, MOST_PER_RECIPIENT, MOST_PER_STEP, type Manager } from './addressees.js';

const unnamed = { userIds: [], total: 0 };
const named = (...userIds: string[]) => ({ userIds, total: userIds.length });
const boss: Manager = { userId: 'boss', reach: 'reachable' };
const room = MOST_PER_STEP;

describe('of a recipient', () => {
  test.each<[string, Manager, object]>([
    ['without a manager', 'none', { reason: 'no_manager', amount: 1 }],
    ['whose managers lead back', 'cycle', { reason: 'manager_cycle', amount: 1 }],
    [
      'who is their own manager',
      { userId: 'ada', reach: 'reachable' },
      { reason: 'manager_cycle', amount: 1 },
    ],
    [
      'whose manager left',
      { userId: 'boss', reach: 'inactive' },
      { reason: 'target_inactive', userId: 'boss', amount: 1 },
    ],
    [
      'whose manager is restricted',
      { userId: 'boss', reach: 'restricted' },
      { reason: 'target_restricted', userId: 'boss', amount: 1 },
    ],
  ])('%s no manager is told, with a reason', (_, manager, skip) => {
    expect(addresseesOf({ userId: 'ada', manager }, unnamed, room)).toEqual({ userIds: [], skipped: [skip] });
  });

  test('the manager is told first, each target once, and the recipient not', () => {
    const told = addresseesOf({ userId: 'ada', manager: boss }, named('eve', 'ada', 'boss', 'bob'), room);
    expect(told).toEqual({ userIds: ['boss', 'eve', 'bob'], skipped: [] });
  });

  test('no more are told than the step has room for', () => {
    const told = addresseesOf({ userId: 'ada', manager: boss }, named('eve', 'bob'), 1);
    expect(told).toEqual({ userIds: ['boss'], skipped: [{ reason: 'over_step_limit', amount: 2 }] });
    expect(addresseesOf({ userId: 'ada', manager: boss }, named('eve'), 0)).toEqual({
      userIds: [],
      skipped: [{ reason: 'over_step_limit', amount: 2 }],
    });
  });

  test('what is over the limit is counted', () => {
    const many = { userIds: Array.from({ length: 52 }, (_, index) => `u${index}`), total: 1_000 };
    const { userIds, skipped } = addresseesOf({ userId: 'u3', manager: boss }, many, room);
    expect(userIds).toHaveLength(MOST_PER_RECIPIENT);
    // A thousand but the recipient, and 49 beside the manager.
    expect(skipped).toEqual([{ reason: 'over_recipient_limit', amount: 1_000 - 1 - 49 }]);
  });
});

const anyId = fc.nat(70).map((n) => `u${n}`);
const anyManager = fc.option(
  fc.oneof(
    fc.constantFrom<Manager>('none', 'cycle'),
    fc.record({ userId: anyId, reach: fc.constantFrom('reachable', 'inactive', 'restricted') }),
  ),
  { nil: undefined },
);

test('each named member is told once or counted, and no others are', () => {
  fc.assert(
    fc.property(
      anyId,
      anyManager,
      fc.uniqueArray(anyId, { maxLength: 70 }),
      fc.nat(60),
      (userId, manager, userIds, space) => {
        const { userIds: told, skipped } = addresseesOf({ userId, manager }, named(...userIds), space);
        expect(new Set(told).size).toBe(told.length);
        expect(told).not.toContain(userId);
        expect(told.length).toBeLessThanOrEqual(Math.min(MOST_PER_RECIPIENT, space));
        const wanted = new Set(userIds.filter((id) => id !== userId));
        if (typeof manager === 'object' && manager.reach === 'reachable' && manager.userId !== userId)
          wanted.add(manager.userId);
        for (const id of told) expect(wanted).toContain(id);
        const over = skipped.filter(({ reason }) => reason.startsWith('over_'));
        const left = over.reduce((sum, { amount }) => sum + amount, 0);
        expect(told.length + left).toBe(wanted.size);
      },
    ),
  );
});
