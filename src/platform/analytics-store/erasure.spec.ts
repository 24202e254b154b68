import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openStore, plantEvents } from '../../../test/support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../../../test/support/analytics-store.js';
import { eventually } from '../../../test/support/eventually.js';
import {
  type AnalyticsQuery,
  type AnalyticsStore,
  applyRetention,
  erasePerson,
  eraseProject,
  events,
  personAliasTarget,
  personAliases,
  persons,
  profiles,
  profileTarget,
  sql,
} from './index.js';

// Ten thousand ids are some forty deletions, one after the other.
jest.setTimeout(120_000);

let analytics: TestAnalytics;
let store: AnalyticsStore;
let stop: () => Promise<void>;

beforeAll(async () => {
  analytics = await createAnalytics();
  ({ store, stop } = openStore(analytics));
});
afterAll(async () => {
  await stop?.();
  await analytics?.drop();
});

const asProject = (number: number) => ({ orgId: randomUUID(), project: { number } });

async function idsOf(project: number): Promise<unknown> {
  const ids: AnalyticsQuery<void, { id: string }> = {
    name: 'spec.ids',
    build: () => sql`SELECT id FROM (
      SELECT distinct_id AS id FROM ${events} UNION ALL
      SELECT concat('alias ', distinct_id) FROM ${personAliases} UNION ALL
      SELECT concat('profile ', profile_id) FROM ${profiles} UNION ALL
      SELECT concat('seen ', distinct_id) FROM ${persons}) ORDER BY id`,
    examples: [undefined],
  };
  return (await store.query(asProject(project), ids, undefined)).map(({ id }) => id);
}

async function plantPersons(project: number): Promise<void> {
  await plantEvents(
    store,
    ['ann', 'ann-phone', 'bob'].map((distinctId) => ({ project, distinctId })),
  );
  const alias = { project, version: 1 };
  await store.insert(personAliasTarget, [
    { ...alias, distinct_id: 'ann', profile_id: 'p-ann' },
    { ...alias, distinct_id: 'ann-phone', profile_id: 'p-ann' },
    { ...alias, distinct_id: 'bob', profile_id: 'p-bob' },
  ]);
  const profile = {
    project,
    external_id: '',
    properties: {},
    numbers: {},
    numeric_texts: [],
    deleted: false,
    version: 1,
  };
  await store.insert(profileTarget, [
    { ...profile, profile_id: 'p-ann' },
    { ...profile, profile_id: 'p-bob' },
  ]);
}

const bob = ['alias bob', 'bob', 'profile p-bob', 'seen bob'];
const everyone = [
  'alias ann',
  'alias ann-phone',
  'alias bob',
  'ann',
  'ann-phone',
  'bob',
  'profile p-ann',
  'profile p-bob',
  'seen ann',
  'seen ann-phone',
  'seen bob',
];

/** Events of ann that arrived, and occurred, before and after a time. */
async function plantAround(project: number): Promise<void> {
  const columns = ['project', 'kind', 'occur_time', 'distinct_id', 'event_id', 'received_at', 'batch_id'];
  const batch = randomUUID();
  const [early, late] = ['2026-11-01 10:00:00.000', '2026-11-01 12:00:00.000'];
  const lines = [
    ['both-early', early, early],
    ['arrived-late', early, late],
    ['clock-ahead', late, early],
    ['both-late', late, late],
  ].map(([id, occurred, received]) =>
    JSON.stringify([project, 'view', occurred, 'ann', id, received, batch]),
  );
  await store.insertLines(events, columns, lines.join('\n'));
}

test('an erased person disappears at once, others and other projects stay', async () => {
  await plantPersons(1);
  await plantPersons(2);
  await erasePerson(store, asProject(1), { distinctIds: ['ann', 'ann-phone'], profileIds: ['p-ann'] });
  expect(await idsOf(1)).toEqual(bob);
  expect(await idsOf(2)).toEqual(everyone);
  await eraseProject(store, asProject(1));
  expect(await idsOf(1)).toEqual([]);
  expect(await idsOf(2)).toEqual(everyone);
});

test('what a person does after coming back stays', async () => {
  await plantAround(7);
  const until = Date.UTC(2026, 10, 1, 11);
  await erasePerson(store, asProject(7), { distinctIds: [], returningIds: ['ann'], until, profileIds: [] });
  const left: AnalyticsQuery<void, { id: string }> = {
    name: 'spec.left',
    build: () => sql`SELECT event_id AS id FROM ${events} ORDER BY id`,
    examples: [undefined],
  };
  expect(await store.query(asProject(7), left, undefined)).toEqual([{ id: 'both-late' }]);
  const seen: AnalyticsQuery<void, { first: string; last: string }> = {
    name: 'spec.seen',
    build: () => sql`SELECT toString(first_seen) AS first, toString(last_seen) AS last FROM ${persons}`,
    examples: [undefined],
  };
  const late = '2026-11-01 12:00:00.000';
  expect(await store.query(asProject(7), seen, undefined)).toEqual([{ first: late, last: late }]);
});

test('ten thousand long ids are erased', async () => {
  const ids = Array.from({ length: 10_000 }, (_, n) => `${'é'.repeat(60)}${n}`);
  await plantEvents(
    store,
    [ids[0], ids[5_000], ids[9_999], 'other'].map((distinctId) => ({ project: 8, distinctId })),
  );
  await erasePerson(store, asProject(8), { distinctIds: ids, profileIds: [] });
  expect(await idsOf(8)).toEqual(['other', 'seen other']);
});

test('the space of erased rows is freed when asked for', async () => {
  await plantPersons(5);
  await eraseProject(store, asProject(5));
  const rowsOnDisk = async (): Promise<number> => {
    const answer = await analytics.client.query({
      query: `SELECT count() AS rows FROM ${analytics.database}.events WHERE project = 5 SETTINGS apply_deleted_mask = 0`,
      format: 'JSONEachRow',
    });
    return Number((await answer.json<{ rows: string }>())[0]?.rows);
  };
  expect(await rowsOnDisk()).toBeGreaterThan(0);
  await store.freeDeleted();
  await eventually('the rows are off the disk', async () => (await rowsOnDisk()) === 0);
});

test('a new retention holds for what is there', async () => {
  // The engine, which deletes what has expired, goes by the clock of the machine.
  const now = Date.now();
  const days = (count: number): string => new Date(now - count * 86_400_000).toISOString();
  for (const project of [3, 4])
    await plantEvents(store, [
      { project, distinctId: 'new', at: days(1) },
      { project, distinctId: 'old', at: days(40) },
      { project, distinctId: 'ancient', at: days(20_000) },
    ]);
  const expiries = async (project: number): Promise<unknown> => {
    const answer = await analytics.client.query({
      query: `SELECT distinct_id AS id, expires_on AS day FROM ${analytics.database}.events WHERE project = ${project} ORDER BY id`,
      format: 'JSONEachRow',
    });
    return answer.json();
  };
  await applyRetention(store, asProject(3), { days: 30, now });
  expect(await idsOf(3)).toEqual(['new', 'seen new']);
  const expected = [{ id: 'new', day: days(-29).slice(0, 10) }];
  await eventually(
    'the rest is marked',
    async () => JSON.stringify(await expiries(3)) === JSON.stringify(expected),
  );
  await applyRetention(store, asProject(3), { days: 3_000_000, now });
  await eventually('a longer one is bounded', async () =>
    JSON.stringify(await expiries(3)).includes('"day":"2149-06-06"'),
  );
  await applyRetention(store, asProject(3), { days: null, now });
  expect(await idsOf(3)).toEqual(['new', 'seen new']);
  expect(await idsOf(4)).toEqual(['ancient', 'new', 'old', 'seen ancient', 'seen new', 'seen old']);
});

test('an expired event leaves when the engine merges its part', async () => {
  await plantEvents(store, [
    { project: 6, distinctId: 'expired', expiresOn: '2020-01-01' },
    { project: 6, distinctId: 'kept', expiresOn: '2149-06-06' },
  ]);
  // Merges nothing while the engine merges the same parts by itself.
  const merge = async () => {
    for (const table of ['events', 'persons'])
      await analytics.client.command({ query: `OPTIMIZE TABLE ${analytics.database}.${table} FINAL` });
  };
  await eventually('the expired one has left', async () => {
    await merge();
    return JSON.stringify(await idsOf(6)) === '["kept","seen kept"]';
  });
});
