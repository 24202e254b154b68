import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createClient, type RedisClientType } from 'redis';
import { startRedis, type TestRedis } from '../../../test/support/redis.js';
import { Clock } from '../clock/clock.js';
import type { Buckets } from './buckets.js';
import { MemoryBuckets } from './memory-buckets.js';
import { RedisBuckets } from './redis-buckets.js';
import type { ThrottleRecord } from './throttle-record.js';

const burst = 3;
/** So slow that nothing drips in while a spec runs. */
const ttl = 3_600_000;

let redis: TestRedis | undefined;
let client: RedisClientType | undefined;

beforeAll(async () => {
  redis = await startRedis();
  if (redis) client = await createClient({ url: redis.url }).connect();
});
afterAll(async () => {
  client?.destroy();
  await redis?.kill();
});

describe.each([
  ['in memory', () => new MemoryBuckets(new Clock())],
  ['in Redis', () => client && new RedisBuckets(client, new MemoryBuckets(new Clock()))],
])('a token that is put back %s', (_name, make: () => Buckets | undefined) => {
  // No timeout runs out: a Redis that is slow today would be left alone, and the buckets would be those of the process.
  beforeEach(
    () =>
      void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] }),
  );
  afterEach(() => void jest.useRealTimers());

  const taken = async (buckets: Buckets, key: string): Promise<boolean> =>
    !(await buckets.increment(key, ttl, burst, ttl, '')).isBlocked;

  test('can be taken again, once', async () => {
    const buckets = make();
    if (!buckets) return;
    for (let calls = 0; calls < burst; calls += 1) expect(await taken(buckets, 'a')).toBe(true);
    expect(await taken(buckets, 'a')).toBe(false);
    await buckets.putBack('a');
    expect(await taken(buckets, 'a')).toBe(true);
    expect(await taken(buckets, 'a')).toBe(false);
  });

  test('makes no bucket larger than it is, nor one that was not there', async () => {
    const buckets = make();
    if (!buckets) return;
    await buckets.putBack('b');
    await taken(buckets, 'b');
    for (let calls = 0; calls < burst; calls += 1) await buckets.putBack('b');
    for (let calls = 0; calls < burst; calls += 1) expect(await taken(buckets, 'b')).toBe(true);
    expect(await taken(buckets, 'b')).toBe(false);
  });
});

test('a process that was too busy to read an answer of Redis in time still counts by it', async () => {
  if (!client) return;
  const buckets: Buckets = new RedisBuckets(client, new MemoryBuckets(new Clock()));
  const take = (): Promise<ThrottleRecord> => buckets.increment('c', ttl, burst, ttl, '');
  for (let calls = 0; calls < burst; calls += 1) await take();
  const asked = take();
  // The question is on its way then.
  for (let turns = 0; turns < 2; turns += 1) await new Promise(setImmediate);
  const until = performance.now() + 500;
  while (performance.now() < until);
  expect((await asked).isBlocked).toBe(true);
});
