import { expect, test } from '@jest/globals';
import { Slots } from './slots.js';

const never = new AbortController().signal;

/** Work that ends when told to. */
function task(): { work: () => Promise<string>; end(): void; isStarted(): boolean } {
  const { promise, resolve } = Promise.withResolvers<string>();
  let isStarted = false;
  const work = (): Promise<string> => {
    isStarted = true;
    return promise;
  };
  return { work, end: () => resolve('done'), isStarted: () => isStarted };
}

test('beyond the queue work is refused', async () => {
  const slots = new Slots(1, 1);
  const [first, second] = [task(), task()];
  const running = [slots.run(first.work, never), slots.run(second.work, never)];
  await expect(slots.run(task().work, never)).rejects.toMatchObject({ code: 202 });
  first.end();
  second.end();
  expect(await Promise.all(running)).toEqual(['done', 'done']);
});

test('work starts in the order in which it arrived', async () => {
  const slots = new Slots(1, 10);
  const tasks = [task(), task(), task()];
  const running = tasks.map(({ work }) => slots.run(work, never));
  for (const [index, one] of tasks.entries()) {
    await new Promise(setImmediate);
    expect(tasks.map(({ isStarted }) => isStarted())).toEqual(tasks.map((_, other) => other <= index));
    one.end();
    await running[index];
  }
});

test('who leaves the queue is not started, and gives its place to the next', async () => {
  const slots = new Slots(1, 10);
  const [first, second, third] = [task(), task(), task()];
  const leaving = new AbortController();
  const running = [slots.run(first.work, never), slots.run(second.work, leaving.signal)];
  const last = slots.run(third.work, never);
  leaving.abort();
  await expect(running[1]).rejects.toMatchObject({ code: 394 });
  first.end();
  third.end();
  expect(await last).toBe('done');
  expect(second.isStarted()).toBe(false);
  expect([slots.running, slots.queued]).toEqual([0, 0]);
});

test('work that fails frees its slot', async () => {
  const slots = new Slots(1, 0);
  await expect(slots.run(() => Promise.reject(new Error('failed')), never)).rejects.toThrow('failed');
  expect(await slots.run(async () => 'next', never)).toBe('next');
});
