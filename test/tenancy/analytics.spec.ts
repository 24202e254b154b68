/**
 * The engine knows no tenants: every statement of the product is run beside another project's rows, and must not see,
 * count or alter any of them.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import '../../src/app.module.js';
import {
  type AnalyticsQuery,
  type AnalyticsStore,
  events,
  Fragment,
  personAliases,
  personAliasTarget,
  persons,
  profiles,
  profileTarget,
  sql,
  touches,
  value,
} from '../../src/platform/analytics-store/index.js';
import { render } from '../../src/platform/analytics-store/render.js';
import { registeredStatements } from '../../src/platform/analytics-store/statement.js';
import { openStore } from '../support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';

jest.setTimeout(120_000);

const canary = 'acme-canary-5d2c';
const [own, acme, empty] = [1, 2, 3];
const tables = [events, personAliases, profiles, persons, touches];
const textColumns = ['country', 'region', 'city', 'browser', 'browser_version', 'os', 'os_version', 'device']
  .concat([
    'platform',
    'url',
    'utm_source',
    'utm_medium',
    'utm_campaign',
    'utm_term',
    'utm_content',
    'pathname',
  ])
  .concat(['hostname', 'referrer', 'referrer_domain', 'channel', 'locale', 'screen_size', 'page_title']);
const columns = [
  'project',
  'kind',
  'occur_time',
  'distinct_id',
  'session_id',
  'event_id',
  'received_at',
  'batch_id',
];

const touchColumns = ['project', 'screen', 'day', 'touch', 'campaign', 'kind', 'x', 'y', 'bucket'].concat([
  'salted_at',
  'expires_on',
]);

let analytics: TestAnalytics;
let store: AnalyticsStore;
let stop: () => Promise<void>;

beforeAll(async () => {
  analytics = await createAnalytics();
  ({ store, stop } = openStore(analytics));
  await plant(own, 'own');
});
afterAll(async () => {
  await stop?.();
  await analytics?.drop();
});

const asProject = (number: number) => ({ orgId: randomUUID(), project: { number } });

/** Events of one month in the kinds, ids and sessions that both projects use, with aliases and profiles of their persons. */
async function plant(project: number, mark: string): Promise<void> {
  const kinds = ['view', 'page_view', 'sign_up', 'purchase', 'start', 'return', mark];
  const lines = Array.from({ length: 600 }, (_, index) => {
    const person = `person-${index % 40}`;
    const at = new Date(Date.UTC(2026, 2, 2) + index * 3_600_000).toISOString();
    const time = at.slice(0, 23).replace('T', ' ');
    const plan = index % 3 === 0 ? mark : 'pro';
    return JSON.stringify([
      project,
      kinds[index % kinds.length],
      time,
      person,
      `session-${index % 100}`,
      // The last one has the id of the first.
      `event-${index % 599}`,
      time,
      randomUUID(),
      // A map shows codes of two letters only.
      ...textColumns.map((name) => (name === 'country' ? mark.slice(0, 2).toUpperCase() : `${name}-${mark}`)),
      { plan, mark, amount: '7', $screenWidth: '800' },
      { amount: 7, $screenWidth: 800 },
      { amount: 1, $screenWidth: 1 },
    ]);
  });
  await store.insertLines(
    events,
    [...columns, ...textColumns, 'properties', 'numbers', 'types'],
    lines.join('\n'),
  );
  const touchLines = Array.from({ length: 300 }, (_, index) =>
    JSON.stringify([
      project,
      // One screen, one of the campaigns that examples name, and marks that no other project may see.
      'Inbox',
      `2026-03-${String((index % 28) + 1).padStart(2, '0')}`,
      String(project * 1_000 + index),
      '0190f5e2-5e6b-7c3a-9b1f-000000000001',
      1,
      (index * 7) % 200,
      index % 200,
      (index + project) % 64,
      project,
      '2149-06-06',
    ]),
  );
  await store.insertLines(touches, touchColumns, touchLines.join('\n'));
  const indexes = Array.from({ length: 20 }, (_, index) => index);
  await store.insert(
    personAliasTarget,
    indexes.map((index) => ({
      project,
      distinct_id: `person-${index}`,
      profile_id: `profile-${index % 7}-${mark}`,
      version: project,
    })),
  );
  await store.insert(
    profileTarget,
    indexes.map((index) => ({
      project,
      profile_id: `profile-${index % 7}-${mark}`,
      external_id: `person-${index}`,
      properties: { plan: mark, [mark]: mark, age: '30' },
      numbers: { age: 30 },
      numeric_texts: ['age'],
      deleted: false,
      version: project,
    })),
  );
}

/** Rows in an order that does not depend on what else is in the store. */
async function answer(query: AnalyticsQuery<unknown, unknown>, input: unknown, project: number) {
  const rows = await store.query(asProject(project), query, input);
  return rows.map((row) => JSON.stringify(row)).sort();
}

async function answersOf(project: number): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>();
  for (const query of registeredStatements().queries)
    for (const [index, input] of query.examples.entries())
      answers.set(`${query.name} #${index}`, await answer(query, input, project));
  return answers;
}

/** Everything that a project has. */
async function contentsOf(project: number): Promise<unknown[]> {
  return Promise.all(
    tables.map(async ({ table }) => {
      const rows = await analytics.client.query({
        query: `SELECT count() AS rows, toString(groupBitXor(cityHash64(toString(tuple(*))))) AS hash FROM ${analytics.database}.${table} FINAL WHERE project = ${project}`,
        format: 'JSONEachRow',
      });
      return (await rows.json())[0];
    }),
  );
}

const differing = (one: Map<string, string[]>, other: Map<string, string[]>): string[] =>
  [...one]
    .filter(([name, rows]) => JSON.stringify(rows) !== JSON.stringify(other.get(name)))
    .map(([name]) => name);

describe('every statement', () => {
  test('of the product is registered', () => {
    expect(registeredStatements().queries.length).toBeGreaterThan(10);
  });

  test('answers as if no other project were there', async () => {
    const ownBefore = await answersOf(own);
    await plant(acme, canary);
    const [ownAfter, emptyAfter] = [await answersOf(own), await answersOf(empty)];
    expect(differing(ownBefore, ownAfter)).toEqual([]);
    expect(JSON.stringify([...ownAfter, ...emptyAfter])).not.toContain(canary);
    // Each of them looked at rows: the other project itself gets other answers than one without events.
    const acmeAfter = await answersOf(acme);
    expect(JSON.stringify([...acmeAfter])).toContain(canary);
    expect([...acmeAfter.keys()].filter((name) => !differing(acmeAfter, emptyAfter).includes(name))).toEqual(
      [],
    );
  });

  test('deletes nothing of another project', async () => {
    const before = await contentsOf(acme);
    expect(before).toEqual(
      tables.map(() => expect.objectContaining({ hash: expect.stringMatching(/^\d+$/) })),
    );
    for (const deletion of registeredStatements().deletions)
      for (const input of deletion.examples) await store.delete(asProject(own), deletion, input);
    const everything = { name: 'spec.all', where: () => sql`1 = 1 OR 1`, examples: [0] } as const;
    for (const table of tables) await store.delete(asProject(own), { ...everything, table }, 0);
    expect(await contentsOf(acme)).toEqual(before);
    expect(await contentsOf(own)).toEqual(tables.map(() => expect.objectContaining({ rows: 0 })));
    await plant(own, 'own');
  });
});

describe('each of the two locks holds alone', () => {
  const countAll = tables.map(({ table }) => ({ table, text: `SELECT count() AS rows FROM` }));

  test.each(countAll)('the filter on $table, when a text forgets its project', async ({ table, text }) => {
    const forgetful = (database: string): AnalyticsQuery<void, { rows: number }> => ({
      name: 'spec.forgetful',
      build: () => new Fragment([`${text} ${database}.${table}`]),
      examples: [undefined],
    });
    const all = await analytics.client.query({
      query: `${text} ${analytics.database}.${table}`,
      format: 'JSONEachRow',
    });
    const [total] = await all.json<{ rows: string | number }>();
    const [one] = await store.query(asProject(own), forgetful(analytics.database), undefined);
    const [other] = await store.query(asProject(acme), forgetful(analytics.database), undefined);
    expect(await store.query(asProject(empty), forgetful(analytics.database), undefined)).toEqual([
      { rows: 0 },
    ]);
    expect(one?.rows).toBeGreaterThan(0);
    expect((one?.rows ?? 0) + (other?.rows ?? 0)).toBe(Number(total?.rows));
  });

  test('and the text, when the engine does not filter', async () => {
    const union = sql.join(
      tables.map((table) => sql`SELECT toString(project) AS project FROM ${table}`),
      sql` UNION ALL `,
    );
    // What the store sends, without its settings.
    const texts: string[] = [];
    const recorder = openStore(analytics, {
      onQuery: (text) => texts.push(text),
    });
    await recorder.store.query(asProject(own), { name: 'spec.union', build: () => union, examples: [0] }, 0);
    await recorder.stop();
    const sent = texts.find((text) => text.includes('spec.union')) ?? '';
    expect(sent).toContain('additional_table_filters');
    const bare = sent.slice(0, sent.indexOf('\nSETTINGS'));
    const rows = await analytics.client.query({
      query: `SELECT DISTINCT project FROM (${bare})`,
      query_params: render(union, own, () => '').parameters,
      format: 'JSONEachRow',
    });
    expect(await rows.json()).toEqual([{ project: String(own) }]);
  });
});

test('a value cannot become part of a statement', async () => {
  const attack = `') OR project = ${acme} OR ('' = '`;
  const input = sql`SELECT count() AS rows FROM ${events} WHERE distinct_id = ${value(attack, 'String')}`;
  const query = { name: 'spec.attack', build: () => input, examples: [0] } as const;
  expect(await store.query(asProject(own), query, 0)).toEqual([{ rows: 0 }]);
  // A text that came from elsewhere is no template literal.
  const forged = Object.assign([attack], { raw: [attack] }) as unknown as TemplateStringsArray;
  expect(() => sql(forged)).toThrow(TypeError);
  expect(() => sql.numbered('a b', 1)).toThrow(RangeError);
  expect(() => sql.integer(1.5)).toThrow(RangeError);
});
