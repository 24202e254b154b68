import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

/** Notes who got a slot, in order. */
function observed(slots: number, shareOf?: (party: string) => number) {
  const clock = { now: 0 };
  const queue = new FairQueue({ slots, shareOf, now: () => clock.now });
  const order: string[] = [];
  return {
    clock,
    queue,
    order,
    async ask(party: string, name = party, signal?: AbortSignal): Promise<void> {
      await queue.acquire(party, signal);
      order.push(name);
    },
    /** Gives a slot back, and lets the next waiter note that it has it. */
    async done(party: string): Promise<void> {
      queue.release(party);
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Whether all slots are free: takes them, and gives them back. */
function allFree(queue: FairQueue, slots: number): boolean {
  const taken = Array.from({ length: slots + 1 }, () => queue.tryAcquire('z inspects'));
  for (const one of taken) if (one) queue.release('z inspects');
  return taken.filter(Boolean).length === slots;
}

describe('a fair queue', () => {
  test('gives free slots to whichever party asks, all of them to one', () => {
    const { queue } = observed(2);
    expect([queue.tryAcquire('a'), queue.tryAcquire('a'), queue.tryAcquire('a')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('gives another party the slot after the next, however many waiters the first one has', async () => {
    const { ask, done, order } = observed(2);
    for (let n = 1; n <= 20; n += 1) void ask('loud', `loud ${n}`);
    void ask('quiet');
    await done('loud');
    await done('loud');
    expect(order).toEqual(['loud 1', 'loud 2', 'loud 3', 'quiet']);
    await done('quiet');
    expect(order.at(-1)).toBe('loud 4');
  });

  test('lets waiting parties take turns, and each of them its own in order', async () => {
    const { ask, done, order } = observed(1);
    await ask('holder', 'holder');
    for (const n of [1, 2, 3]) for (const party of ['a', 'b', 'c']) void ask(party, `${party}${n}`);
    await done('holder');
    for (let turn = 0; turn < 8; turn += 1) await done(order.at(-1)!.charAt(0));
    expect(order.slice(1)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
  });

  test('gives a party a second slot while it holds one, when its turn comes', async () => {
    const { ask, done, order } = observed(2);
    await ask('nested', 'first');
    await ask('loud');
    for (let n = 0; n < 5; n += 1) void ask('loud');
    void ask('nested', 'second');
    await done('loud');
    await done('loud');
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
    await done('holder');
    await done('b');
    expect(order).toEqual(['holder', 'b']);
    expect(allFree(queue, 1)).toBe(true);
  });

  test('refuses a signal that has fired, and does not react to one that fires after the grant', async () => {
    const { queue, ask, done } = observed(1);
    await expect(queue.acquire('a', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    await ask('holder');
    const controller = new AbortController();
    const waiting = ask('a', 'a', controller.signal);
    await done('holder');
    await waiting;
    controller.abort();
    expect(queue.tryAcquire('b')).toBe(false);
    await done('a');
    expect(allFree(queue, 1)).toBe(true);
  });

  test('counts who waits, and refuses to take a slot back twice', async () => {
    const { queue, ask, done } = observed(1);
    await ask('call x');
    void ask('call y');
    void ask('job y');
    expect([queue.waiting(), queue.waiting((party) => party.startsWith('job'))]).toEqual([2, 1]);
    for (const party of ['call x', 'call y', 'job y']) await done(party);
    expect(() => queue.release('job y')).toThrow('released twice');
  });

  test('ends with all slots free, whatever order it was used in', async () => {
    const { queue } = observed(3, (party) => (party < 'p4' ? 1 : 3));
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const party = `p${n % 7}`;
        const signal = n % 5 === 0 ? AbortSignal.timeout(n % 3) : undefined;
        try {
          await queue.acquire(party, signal);
        } catch {
          return;
        }
        await settled();
        queue.release(party);
      }),
    );
    expect([queue.waiting(), allFree(queue, 3)]).toEqual([0, true]);
  });
});

describe('a party at its share', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('waits although a slot is free, which another party gets at once', async () => {
    const { queue, ask, order } = observed(4, () => 2);
    for (let n = 1; n <= 4; n += 1) void ask('loud', `loud ${n}`);
    await ask('quiet');
    expect(order).toEqual(['loud 1', 'loud 2', 'quiet']);
    expect(queue.waiting()).toBe(2);
  });

  test('continues when it gives a slot back, and at once with all of them when its share grows', async () => {
    let share = 1;
    const { ask, done, order } = observed(3, () => share);
    for (let n = 1; n <= 4; n += 1) void ask('loud', `loud ${n}`);
    await done('loud');
    expect(order).toEqual(['loud 1', 'loud 2']);
    share = 3;
    await done('loud');
    expect(order).toEqual(['loud 1', 'loud 2', 'loud 3', 'loud 4']);
  });

  test('does not overtake its own waiters when its share grows', async () => {
    let share = 1;
    const { queue, ask, done, order } = observed(3, () => share);
    for (const name of ['first', 'second']) void ask('loud', name);
    share = 3;
    expect(queue.tryAcquire('loud')).toBe(false);
    void ask('loud', 'third');
    await done('loud');
    expect(order).toEqual(['first', 'second', 'third']);
  });

  test('gets a free slot after a second: what it holds may wait for it', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const { clock, ask, order } = observed(2, () => 1);
    await ask('nested', 'first');
    void ask('nested', 'second');
    clock.now = 999;
    jest.advanceTimersByTime(999);
    await settled();
    expect(order).toEqual(['first']);
    clock.now = 1_000;
    jest.advanceTimersByTime(1);
    await settled();
    expect(order).toEqual(['first', 'second']);
  });

  test('never exceeds it where patience has no end', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const queue = new FairQueue({ slots: 2, shareOf: () => 1, patienceMs: Infinity });
    await queue.acquire('loud');
    let isGranted = false;
    void queue.acquire('loud').then(() => (isGranted = true));
    jest.advanceTimersByTime(3_600_000);
    await settled();
    expect([isGranted, queue.tryAcquire('quiet')]).toEqual([false, true]);
  });

  test('leaves nothing behind when it gives up waiting', async () => {
    const { queue, ask, done } = observed(2, () => 1);
    await ask('loud');
    const controller = new AbortController();
    const abandoned = ask('loud', 'abandoned', controller.signal);
    controller.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    await done('loud');
    expect([queue.waiting(), queue.tryAcquire('a'), queue.tryAcquire('b')]).toEqual([0, true, true]);
  });
});
