import { beforeEach, describe, expect, test } from '@jest/globals';
import { stopClock } from '../../../test/support/stop-clock.js';
import { Clock } from '../clock/clock.js';
import { IngestThrottle } from './ingest-throttle.js';
import { MemoryBuckets } from './memory-buckets.js';

const project = {
  id: 'p',
  number: 1,
  orgId: 'o',
  zone: 'UTC',
  mergeIdentities: true,
  retentionDays: null,
  eventsPerSecond: null,
};

// Ten events a second drip in: on a running clock, a slow spec would find some that it did not wait for.
let clock: Clock;
let throttle: IngestThrottle;

beforeEach(() => {
  clock = new Clock();
  stopClock(clock);
  throttle = new IngestThrottle({ perSecond: 10, burst: 100 }, new MemoryBuckets(clock));
});

const organization = (eventsPerSecond: number) => ({
  suspended: false,
  expiresAt: null,
  deletionDueAt: null,
  ratePerSecond: null,
  rateBurst: null,
  eventsPerSecond,
});

const send = (events: number, its: object = {}, limit?: number) =>
  throttle.take(
    { ...project, ...its },
    limit === undefined ? undefined : organization(limit),
    new Headers(),
    events,
  );

describe('the events of an organization', () => {
  test('are refused when its bucket is empty, until it is filled again', async () => {
    await send(100);
    await expect(send(1)).rejects.toMatchObject({
      kind: 'resource_exhausted',
      reason: 'RATE_LIMITED',
      details: { retryAfterSeconds: 1, quota: { subject: 'organization' } },
    });
    clock.travel(1_000);
    await send(1);
  });

  test('pass as a batch that is larger than what is left, and the next ones wait for it', async () => {
    await send(99);
    await send(1_000);
    await expect(send(1)).rejects.toMatchObject({ details: { retryAfterSeconds: 100 } });
  });

  test('have one bucket for all its projects, and none with other organizations', async () => {
    await send(100, { id: 'q' });
    await expect(send(1)).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    await send(1, { id: 'r', orgId: 'other' });
  });

  test('have an individual limit where the operator has set one', async () => {
    await send(100, {}, 100);
    await send(100, {}, 100);
  });

  test('are told about in the answer', async () => {
    const header = new Headers();
    await throttle.take(project, undefined, header, 40);
    expect(header.get('ratelimit')).toBe('"events";r=60;t=4');
  });
});

test('a project with a limit is refused by it, and does not use up what others have', async () => {
  const limited = { eventsPerSecond: 1 };
  await send(10, limited);
  await expect(send(1, limited)).rejects.toMatchObject({ details: { quota: { subject: 'project' } } });
  await send(1, { id: 'q' });
});

test('what one limit refuses costs nothing of the other', async () => {
  const limited = { eventsPerSecond: 1 };
  await send(10, limited);
  for (let call = 0; call < 5; call += 1)
    await expect(send(30, limited)).rejects.toMatchObject({ details: { quota: { subject: 'project' } } });
  await send(89, { id: 'q' });
  await send(1, { id: 'q' });
  const other = { id: 'r', eventsPerSecond: 1 };
  await expect(send(10, other)).rejects.toMatchObject({ details: { quota: { subject: 'organization' } } });
  clock.travel(1_000);
  await send(10, other);
});
