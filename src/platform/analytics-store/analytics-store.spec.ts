import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openStore, plantEvents } from '../../../test/support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../../../test/support/analytics-store.js';
import {
  type AnalyticsDeletion,
  type AnalyticsQuery,
  type AnalyticsStore,
  events,
  eventsWithCopies,
  type Fragment,
  instant,
  profileTarget,
  profiles,
  sql,
  value,
} from './index.js';

// Some of these questions are long, and others run on the same engine.
jest.setTimeout(120_000);

const awkward = `it's "\\'\n\t\u0000\\x'); DROP TABLE events; --`;

let analytics: TestAnalytics;
let store: AnalyticsStore;
let stop: () => Promise<void>;
let lastProject = 0;

beforeAll(async () => {
  analytics = await createAnalytics();
  ({ store, stop } = openStore(analytics));
});
afterAll(async () => {
  await stop?.();
  await analytics?.drop();
});

function newOwner() {
  lastProject += 2;
  return { orgId: randomUUID(), project: { number: lastProject }, requestId: "r'1\\" };
}

/** Not registered: only this spec runs it. */
function query<Row>(fragment: Fragment): AnalyticsQuery<void, Row> {
  return { name: 'spec.query', build: () => fragment, examples: [undefined] };
}

const endless = query(sql`SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1`);
const unlimited = { rows: 1e15, seconds: 60 };

describe('a query', () => {
  test.each([
    [
      'that takes too long',
      endless,
      { rows: 1e15, seconds: 1 },
      'deadline_exceeded',
      'ANALYTICS_QUERY_TOO_SLOW',
    ],
    [
      'that needs too much memory',
      query(sql`SELECT length(groupArray(number)) AS n FROM numbers(100000000)`),
      { rows: 1e15, memory: 20_000_000 },
      'resource_exhausted',
      'ANALYTICS_QUERY_TOO_LARGE',
    ],
    [
      'that reads too many rows',
      query(sql`SELECT sum(number) AS n FROM numbers(1000)`),
      { rows: 100 },
      'resource_exhausted',
      'ANALYTICS_QUERY_TOO_LARGE',
    ],
  ])(
    '%s is refused with what to do, and without what the engine said',
    async (_, slow, limits, kind, reason) => {
      const refusal = store.query(newOwner(), slow, undefined, { limits });
      await expect(refusal).rejects.toMatchObject({
        kind,
        reason,
        message: expect.stringContaining('Ask about a shorter time'),
        cause: expect.objectContaining({ code: expect.stringMatching(/^\d+$/) }),
      });
      await expect(refusal).rejects.not.toThrow(/Code|max_|limit exceeded/);
    },
  );

  test.each([
    ['too many rows', sql`SELECT number AS n FROM numbers(200001)`],
    ['too many bytes', sql`SELECT repeat('x', 900000 + number) AS x FROM numbers(100)`],
  ])('whose answer has %s is refused before it is held in memory', async (_, long) => {
    await expect(store.query(newOwner(), query(long), undefined)).rejects.toMatchObject({
      kind: 'resource_exhausted',
      reason: 'ANALYTICS_QUERY_TOO_LARGE',
      message: expect.stringContaining('The answer is longer than an answer may be.'),
    });
  });

  test('with more groups than fit into its memory is answered from temporary files', async () => {
    const groups = sql`SELECT count() AS n FROM (SELECT number AS key, count() FROM numbers(20000000) GROUP BY key)`;
    const limits = { rows: 1e9, memory: 500_000_000, seconds: 100 };
    expect(await store.query(newOwner(), query(groups), undefined, { limits })).toEqual([{ n: 20_000_000 }]);
  });

  test('may have many rows on the way to a short answer', async () => {
    const way = sql`SELECT count() AS n FROM (SELECT DISTINCT number FROM numbers(1000000))
      WHERE number IN (SELECT number FROM numbers(500000)) AND number != (SELECT max(number) FROM numbers(300000))`;
    expect(await store.query(newOwner(), query(way), undefined)).toEqual([{ n: 499_999 }]);
  });

  test('ends with its call, and frees the engine', async () => {
    const controller = new AbortController();
    const running = store.query(newOwner(), endless, undefined, {
      limits: unlimited,
      signal: controller.signal,
    });
    const refused = expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    const isRunning = async (): Promise<boolean> => {
      const answer = await analytics.client.query({
        query: `SELECT 1 FROM system.processes WHERE query LIKE '/*dovecote:spec.query:%numbers(1000000000000)%'`,
        format: 'JSONEachRow',
      });
      return (await answer.json()).length > 0;
    };
    while (!(await isRunning()));
    controller.abort();
    await refused;
    while (await isRunning());
  });

  test('tells a server to end it with its call, which is for statements that change nothing', async () => {
    const settings = sql`SELECT toUInt8(getSetting('readonly')) AS kind, getSetting('cancel_http_readonly_queries_on_client_close') AS ends`;
    const expected = { kind: 2, ends: true };
    expect(await store.query(newOwner(), query(settings), undefined)).toEqual([expected]);
    const rows: unknown[] = [];
    await store.stream(newOwner(), query(settings), undefined, async (some) => void rows.push(...some));
    expect(rows).toEqual([[2, true]]);
  });

  test('refuses a number that JSON would round', async () => {
    const hash = query(sql`SELECT [toUInt64(1), sipHash64('x')] AS hashes`);
    await expect(store.query(newOwner(), hash, undefined)).rejects.toThrow(
      'Column hashes holds a number above 2^53',
    );
  });

  test('that is wrong is an internal error: no AppError', async () => {
    const wrong = store.query(newOwner(), query(sql`SELECT nonsense FROM ${events}`), undefined);
    await expect(wrong).rejects.toMatchObject({ code: '47' });
    await expect(wrong).rejects.not.toHaveProperty('kind');
  });

  test('binds every value, whatever is in it', async () => {
    const text = value(awkward, 'String');
    const all = query(
      sql`SELECT ${text} AS text, ${text} = ${value([awkward], 'Array(String)')}[1] AS same,
        ${value(true, 'Bool')} AS yes, ${value(null, 'Nullable(String)')} AS nothing,
        ${value(-1.5e-7, 'Float64')} AS small, toString(${value(2n ** 64n - 1n, 'UInt64')}) AS large,
        toUnixTimestamp64Milli(${instant(-1)}) AS before, ${value([], 'Array(String)')} AS none,
        nan AS undefined_number, ${value('2026-02-28', 'Date')} AS day`,
    );
    expect(await store.query(newOwner(), all, undefined)).toEqual([
      {
        text: awkward,
        same: 1,
        yes: true,
        nothing: null,
        small: -1.5e-7,
        large: '18446744073709551615',
        before: -1,
        none: [],
        undefined_number: null,
        day: '2026-02-28',
      },
    ]);
  });

  test('takes lists that no URL holds', async () => {
    const ids = Array.from({ length: 50_000 }, (_, index) => `id-${index}`);
    const many = query(sql`SELECT length(${value(ids, 'Array(String)')}) AS n`);
    expect(await store.query(newOwner(), many, undefined)).toEqual([{ n: 50_000 }]);
  });

  test('counts a retried event once, at once; copies only where asked for', async () => {
    const owner = newOwner();
    const event = { project: owner.project.number, eventId: 'e1', at: '2026-11-01T00:00:00.001Z' };
    await plantEvents(store, [event, event]);
    await plantEvents(store, [event, { ...event, kind: 'sign_up' }]);
    const count = sql`SELECT count() AS n FROM`;
    expect(await store.query(owner, query(sql`${count} ${events}`), undefined)).toEqual([{ n: 2 }]);
    // One block holds a row once.
    expect(await store.query(owner, query(sql`${count} ${eventsWithCopies}`), undefined)).toEqual([{ n: 3 }]);
  });
});

describe('a failed insert', () => {
  test('names the code of the engine and none of the rows', async () => {
    const lines = '[1, "x", "no time", "Jane Doe"]';
    const failed = store.insertLines(events, ['project', 'kind', 'occur_time', 'distinct_id'], lines);
    await expect(failed).rejects.toMatchObject({ name: 'EngineError', code: '41' });
    await expect(failed).rejects.not.toThrow(/Jane|no time/);
  });

  test('is told from a full disk', async () => {
    const { store: full, stop: stopFull } = openStore(analytics, { freeDisk: 1e18 });
    const failed = plantEvents(full, [{ project: 1 }]);
    await expect(failed).rejects.toMatchObject({ code: '243' });
    const row = {
      project: 1,
      profile_id: 'p',
      external_id: '',
      properties: {},
      numbers: {},
      numeric_texts: [],
      deleted: false,
      version: 1,
    };
    await expect(full.insert(profileTarget, [row])).rejects.toMatchObject({
      reason: 'ANALYTICS_UNAVAILABLE',
      details: { retryAfterSeconds: 60 },
    });
    await stopFull();
  });
});

test('a row replaces its earlier versions', async () => {
  const owner = newOwner();
  const row = {
    project: owner.project.number,
    profile_id: 'p1',
    external_id: 'x',
    properties: { 'address.city': awkward },
    numbers: { age: 7 },
    numeric_texts: [],
    deleted: false,
  };
  await store.insert(profileTarget, [
    { ...row, version: 2 },
    { ...row, version: 1, external_id: 'old' },
  ]);
  const all = query(
    sql`SELECT external_id, properties, numbers, canonical = sipHash64('p1') AS hashed FROM ${profiles}`,
  );
  expect(await store.query(owner, all, undefined)).toEqual([
    { external_id: 'x', properties: { 'address.city': awkward }, numbers: { age: 7 }, hashed: 1 },
  ]);
  // Conditions are asked of the row that counts.
  const replaced = query(sql`SELECT version FROM ${profiles} WHERE external_id = ${value('old', 'String')}`);
  expect(await store.query(owner, replaced, undefined)).toEqual([]);
});

test('a deletion is seen at once, and touches its project only', async () => {
  const [one, other] = [newOwner(), newOwner()];
  const planted = [one, other].flatMap(({ project: { number: project } }) =>
    ['a', 'b', awkward].map((distinctId) => ({ project, distinctId })),
  );
  await plantEvents(store, planted);
  const deletion: AnalyticsDeletion<readonly string[]> = {
    name: 'spec.delete',
    table: events,
    where: (ids) => sql`distinct_id IN ${value(ids, 'Array(String)')} OR 1`,
    examples: [[]],
  };
  await store.delete(one, deletion, ['a', awkward]);
  const left = query<{ n: number }>(sql`SELECT count() AS n FROM ${events}`);
  expect(await store.query(one, left, undefined)).toEqual([{ n: 0 }]);
  expect(await store.query(other, left, undefined)).toEqual([{ n: 3 }]);
});
