import { expect, jest, test } from '@jest/globals';
import type { Transaction } from '../database/index.js';
import { addJob } from './add-job.js';
import type { JobSpec } from './job.js';
import type { Task } from './task.js';

function task(name: string): Task {
  return { name, lane: 'background', priority: 'normal' };
}

async function valuesOf(job: JobSpec, travelledMs?: number): Promise<unknown> {
  const execute = jest.fn<Transaction['execute']>();
  await addJob({ execute } as unknown as Transaction, 'acme', job, travelledMs);
  return execute.mock.calls[0]?.[1];
}

test('jobs of two tasks about one thing do not replace each other', async () => {
  const job = { payload: {}, key: 'ada' };
  expect(await valuesOf({ ...job, task: task('device.enrolled') })).toContain('device.enrolled/ada');
  expect(await valuesOf({ ...job, task: task('member.left') })).toContain('member.left/ada');
});

test('a job without a key has none, and one without a time runs at once', async () => {
  expect(await valuesOf({ task: task('mail.send'), payload: {} })).toEqual([
    'mail.send',
    '{"orgId":"acme"}',
    null,
    25,
    null,
    0,
  ]);
});

test('a job has the priority of its task, or its own', async () => {
  const urgent: Task = { name: 'mail.send', lane: 'mail', priority: 'high' };
  expect(await valuesOf({ task: urgent, payload: {} })).toContain(-10);
  expect(await valuesOf({ task: urgent, payload: {}, priority: 'low' })).toContain(10);
});

test('a task says in which lane it runs, and before which others', () => {
  // @ts-expect-error Without a lane.
  const withoutLane: Task = { name: 'mail.send', priority: 'high' };
  // @ts-expect-error Without a priority.
  const withoutPriority: Task = { name: 'mail.send', lane: 'mail' };
  // @ts-expect-error In a lane that no worker runs.
  const inNoLane: Task = { name: 'mail.send', lane: 'letters', priority: 'normal' };
  // @ts-expect-error A name alone.
  const job: JobSpec = { task: 'mail.send', payload: {} };
  expect([withoutLane, withoutPriority, inNoLane, job]).toHaveLength(4);
});

test('a time of a clock that tests have moved is told to the queue as the database counts it', async () => {
  const runAt = new Date('2026-01-02T00:00:00Z');
  const values = await valuesOf({ task: task('a'), payload: {}, runAt }, 86_400_000);
  expect(values).toContainEqual(new Date('2026-01-01T00:00:00Z'));
});
