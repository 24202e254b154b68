import { expect, jest, test } from '@jest/globals';
import type { Transaction } from '../database/index.js';
import { addJob } from './add-job.js';

async function valuesOf(job: Parameters<typeof addJob>[2], travelledMs?: number): Promise<unknown> {
  const execute = jest.fn<Transaction['execute']>();
  await addJob({ execute } as unknown as Transaction, 'acme', job, travelledMs);
  return execute.mock.calls[0]?.[1];
}

test('jobs of two tasks about one thing do not replace each other', async () => {
  const job = { payload: {}, key: 'ada' };
  expect(await valuesOf({ ...job, task: 'device.enrolled' })).toContain('device.enrolled/ada');
  expect(await valuesOf({ ...job, task: 'member.left' })).toContain('member.left/ada');
});

test('a job without a key has none, and one without a time runs at once', async () => {
  expect(await valuesOf({ task: 'mail.send', payload: {} })).toEqual([
    'mail.send',
    '{"orgId":"acme"}',
    null,
    25,
    null,
  ]);
});

test('a time of a clock that tests have moved is told to the queue as the database counts it', async () => {
  const runAt = new Date('2026-01-02T00:00:00Z');
  const values = await valuesOf({ task: 'a', payload: {}, runAt }, 86_400_000);
  expect(values).toContainEqual(new Date('2026-01-01T00:00:00Z'));
});
