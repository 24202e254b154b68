import { describe, expect, test } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

/** Notes who got a slot, in order. */
function observed(slots: number) {
  const queue = new FairQueue(slots);
  const order: string[] = [];
  return {
    queue,
    order,
    async ask(party: string, name = party, signal?: AbortSignal): Promise<void> {
      await queue.acquire(party, signal);
      order.push(name);
    },
    /** Gives a slot back, and lets the next waiter note that it has it. */
    async done(): Promise<void> {
      queue.release();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

describe('a fair queue', () => {
  test('gives free slots to whichever party asks, all of them to one', () => {
    const queue = new FairQueue(2);
    expect([queue.acquire('a'), queue.acquire('a')]).toEqual([undefined, undefined]);
    expect(queue.isFree).toBe(false);
    expect(queue.acquire('a')).toBeInstanceOf(Promise);
  });

  test('gives another party the slot after the next, however many waiters the first one has', async () => {
    const { ask, done, order } = observed(2);
    for (let n = 1; n <= 20; n += 1) void ask('loud', `loud ${n}`);
    void ask('quiet');
    await done();
    await done();
    expect(order).toEqual(['loud 1', 'loud 2', 'loud 3', 'quiet']);
    await done();
    expect(order.at(-1)).toBe('loud 4');
  });

  test('lets waiting parties take turns, and each of them its own in order', async () => {
    const { ask, done, order } = observed(1);
    void ask('holder');
    for (const n of [1, 2, 3]) for (const party of ['a', 'b', 'c']) void ask(party, `${party}${n}`);
    await done();
    for (let turn = 0; turn < 8; turn += 1) await done();
    expect(order.slice(1)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
  });

  test('gives a party a second slot while it holds one, when its turn comes', async () => {
    const { ask, done, order } = observed(2);
    await ask('nested', 'first');
    await ask('loud');
    for (let n = 0; n < 5; n += 1) void ask('loud');
    void ask('nested', 'second');
    await done();
    await done();
    expect(order.slice(2)).toEqual(['loud', 'second']);
  });

  test('forgets a waiter whose signal fires, and keeps its slot for others', async () => {
    const { queue, ask, done, order } = observed(1);
    await ask('holder');
    const controller = new AbortController();
    const abandoned = ask('a', 'abandoned', controller.signal);
    void ask('b');
    controller.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    expect(queue.waiting()).toBe(1);
    await done();
    await done();
    expect(order).toEqual(['holder', 'b']);
    expect(queue.isFree).toBe(true);
  });

  test('refuses a signal that has fired, and does not react to one that fires after the grant', async () => {
    const { queue, ask, done } = observed(1);
    expect(() => queue.acquire('a', AbortSignal.abort(new Error('too late')))).toThrow('too late');
    await ask('holder');
    const controller = new AbortController();
    const waiting = ask('a', 'a', controller.signal);
    await done();
    await waiting;
    controller.abort();
    expect(queue.isFree).toBe(false);
    await done();
    expect(queue.isFree).toBe(true);
  });

  test('counts who waits, and refuses to take a slot back twice', async () => {
    const { queue, ask } = observed(1);
    await ask('call x');
    void ask('call y');
    void ask('job y');
    expect([queue.waiting(), queue.waiting((party) => party.startsWith('job'))]).toEqual([2, 1]);
    for (let slot = 0; slot < 3; slot += 1) queue.release();
    expect(() => queue.release()).toThrow('released twice');
  });

  test('ends with all slots free, whatever order it was used in', async () => {
    const queue = new FairQueue(3);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const party = `p${n % 7}`;
        const signal = n % 5 === 0 ? AbortSignal.timeout(n % 3) : undefined;
        try {
          await queue.acquire(party, signal);
        } catch {
          return;
        }
        await new Promise((resolve) => setImmediate(resolve));
        queue.release();
      }),
    );
    expect([queue.waiting(), queue.isFree]).toEqual([0, true]);
    for (let n = 0; n < 3; n += 1) expect(queue.acquire('a')).toBeUndefined();
    expect(queue.isFree).toBe(false);
  });
});
