import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PropertySource, PropertyValueType } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import {
  AggregationType,
  Granularity,
  type InsightQuerySpecSchema,
  InsightsService,
  InsightType,
  SessionMetric,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { at, event, world } from '../insights/cases/write.js';
import { storeWorlds } from '../insights/stored-worlds.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

const shop = (ann: string) =>
  world(
    [
      event('anon-1', 'view', '01 10:00', {
        session: 's1',
        properties: { plan: 'pro', $country: 'SE', amount: 3 },
      }),
      event('ann', 'buy', '01 10:05', {
        session: 's1',
        properties: { plan: 'pro', $country: 'SE', amount: '7.5' },
      }),
      event('bob', 'view', '02 10:00', { session: 's2', properties: { plan: 'free', $country: 'US' } }),
      event('bob', 'view', '03 10:00', {
        session: 's3',
        properties: { plan: 'free', $country: 'US', vip: true },
      }),
      event('cookieless-x', 'view', '03 11:00', { cookieless: true }),
      event('bot', 'view', '03 12:00', { bot: true }),
    ],
    { ann: { id: ann, aliases: ['anon-1'], traits: { plan: 'gold', age: 42 } } },
  );
/** As they are sent: names of members of objects, one that leads into another, texts that spell numbers. */
const traits = {
  plan: 'gold',
  age: 42,
  zip: '01234',
  vip: true,
  no: null,
  tags: ['a', 1],
  constructor: { keys: 'x', prototype: { polluted: 'x' } },
  '__proto__.polluted': 'x',
  a: 'x',
  'a.b': 'y',
  nested: { deep: { er: 1.5 } },
};
/** Events of another organization: the same persons, sessions and ids of events, and more of them. */
const elsewhere = world([
  ...Array.from({ length: 6 }, () => event('ann', 'view', '01 10:00', { properties: { plan: 'pro' } })),
  event('eve', 'secret', '02 10:00', { session: 's2', properties: { hidden: 'x' } }),
]);

let fresh: TestProject;
/** The same events and persons, in a project that does not merge identities. */
let apart: TestProject;
let ann: string;

const now = (draft: ReturnType<typeof event>) => (position: number) => ({
  ...draft(position),
  occurTime: Date.now() - 60_000,
});
const today = world(
  [
    event('ann', 'buy', '01', { properties: { plan: 'pro', $country: 'SE' } }),
    event('bob', 'view', '01', { properties: { plan: 'pro', $country: 'US' } }),
    event('bob', 'view', '01', { properties: { plan: 'free' } }),
    event('bob', 'view', '01', { properties: { plan: '' } }),
  ].map(now),
);

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  fresh = await addProject(s, cast.acme, 'Fresh');
  apart = await addProject(s, cast.acme, 'Apart');
  await cast.alice.client(ProjectService).updateProject({ projectId: cast.site.id, mergeIdentities: true });
  const person = { externalId: 'ann', traits };
  ({ profileId: ann } = await cast.site.keys.sdk.client(ProfilesSDKService).identify(person));
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  await storeWorlds(
    s.analytics,
    store,
    new Map([
      [cast.site.number, shop(ann)],
      [apart.number, shop('ann-elsewhere')],
      [cast.otherSite.number, elsewhere],
      [fresh.number, today],
    ]),
  );
  await stop();
});
afterAll(() => s?.stop());

const insights = (project = cast.site) => project.keys.private.client(InsightsService);
const range = (from: string, to: string) => ({
  from: timestampFromMs(at(from)),
  to: timestampFromMs(at(to)),
});

type Spec = Exclude<MessageInitShape<typeof InsightQuerySpecSchema>, { $typeName: string }>;
async function ask(spec: Spec, from = '01', to = '05', granularity = Granularity.DAY) {
  const { result } = await insights().query({ spec, timeRange: range(from, to), granularity });
  return result;
}

async function trends(spec: Omit<Spec, 'insightType'>) {
  const result = await ask({ insightType: InsightType.TRENDS, ...spec });
  if (result.case !== 'trends') throw new Error(`Trends were asked for, ${result.case} came.`);
  return result.value.series.map(
    ({ eventKind, breakdown, points }) =>
      `${eventKind} ${JSON.stringify(breakdown)} ${points.map(({ time, value }) => `${time ? timestampDate(time).getUTCDate() : '?'}=${value}`).join(' ')}`,
  );
}

const view = { event: { kind: 'view' } };
const buy = { event: { kind: 'buy' } };

describe('a question is refused', () => {
  test.each<[string, Spec, string]>([
    [
      'for a step that stands for any event',
      { insightType: InsightType.FUNNEL, events: [view, { event: {} }] },
      'event 2 needs a kind or a filter',
    ],
    ['for retention of any event', { insightType: InsightType.RETENTION, events: [{}] }, 'event 1 needs'],
    [
      'for the same event twice',
      { insightType: InsightType.TRENDS, events: [view, view] },
      'event 2 repeats',
    ],
  ])('%s', async (_, spec, words) => {
    const refused = await refusalOf(ask(spec));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, reason: 'INVALID_INSIGHT_QUERY' });
    expect(refused.message).toContain(words);
  });

  test('with more than 50 events', async () => {
    const events = Array.from({ length: 51 }, (_, index) => ({ event: { kind: `e${index}` } }));
    for (const insightType of [InsightType.TRENDS, InsightType.SEGMENTATION]) {
      const refused = await refusalOf(ask({ insightType, events }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, reason: 'INVALID_INSIGHT_QUERY' });
    }
  });

  test('over a range that is too long for its buckets', async () => {
    const refused = await refusalOf(ask({ insightType: InsightType.TRENDS }, '01', '02', Granularity.MINUTE));
    expect(refused.code).toBe(Code.InvalidArgument);
  });

  test('to keys that only write', async () => {
    const asked = cast.site.keys.public.client(InsightsService).getFilterSchema({});
    expect((await refusalOf(asked)).code).toBe(Code.PermissionDenied);
  });
});

describe('trends', () => {
  test('of no event are those of every kind', async () => {
    expect(await trends({})).toEqual(['buy {} 1=1', 'view {} 1=1 2=1 3=2'].reverse().toSorted());
  });

  test('of several events are filled with zeros', async () => {
    expect(await trends({ events: [view, buy] })).toEqual(['buy {} 1=1 2=0 3=0', 'view {} 1=1 2=1 3=2']);
  });

  test('count persons without those of a day and without bots', async () => {
    const events = [{ ...view, aggregation: AggregationType.UNIQUE_USERS }];
    expect(await trends({ events })).toEqual(['view {} 1=1 2=1 3=1']);
    expect(await trends({ events, includeCookieless: true })).toEqual(['view {} 1=1 2=1 3=2']);
    expect(await trends({ events, includeBots: true })).toEqual(['view {} 1=1 2=1 3=2']);
  });

  test('fold what the limit of a breakdown leaves over', async () => {
    const breakdowns = [{ property: 'plan' }];
    expect(await trends({ events: [view], breakdowns, breakdownLimit: 1 })).toEqual([
      'view {"plan":"free"} 2=1 3=1',
      'view {"plan":"$others"} 1=1 3=1',
    ]);
  });

  test('sum numbers and numeric strings, under conditions', async () => {
    const events = [{ event: {}, aggregation: AggregationType.SUM, aggregationProperty: 'amount' }];
    const filterGroups = [
      { filters: [{ property: '$country', operator: FilterOperator.EQUALS, value: 'SE' }] },
    ];
    expect(await trends({ events, filterGroups })).toEqual(['buy {} 1=7.5', 'view {} 1=3']);
  });

  test('of sessions are labelled as such', async () => {
    const session = { metric: SessionMetric.SESSIONS };
    expect(await trends({ session })).toEqual(['$session {} 1=1 2=1 3=1']);
  });
});

describe('other questions', () => {
  test('segmentation is one number', async () => {
    const unique = { event: {}, aggregation: AggregationType.UNIQUE_USERS };
    const result = await ask({ insightType: InsightType.SEGMENTATION, events: [unique] });
    expect(result).toMatchObject({ case: 'segmentation', value: { total: 2 } });
  });

  test('the ids of one person are as many persons, unless the project merges them', async () => {
    const unique = { event: {}, aggregation: AggregationType.UNIQUE_USERS };
    const { result } = await insights(apart).query({
      spec: { insightType: InsightType.SEGMENTATION, events: [unique] },
      timeRange: range('01', '05'),
      granularity: Granularity.DAY,
    });
    expect(result).toMatchObject({ case: 'segmentation', value: { total: 3 } });
  });

  test('a session metric is one number, too', async () => {
    const session = { metric: SessionMetric.AVG_DURATION };
    const result = await ask({ insightType: InsightType.SEGMENTATION, session });
    expect(result).toMatchObject({ case: 'segmentation', value: { total: 100 } });
  });

  test('a funnel counts persons, with the times between steps', async () => {
    const result = await ask({
      insightType: InsightType.FUNNEL,
      events: [view, buy],
      includeStepTiming: true,
    });
    expect(result).toMatchObject({
      case: 'funnel',
      value: {
        series: [
          {
            breakdown: {},
            steps: [
              { eventKind: 'view', total: 2 },
              { eventKind: 'buy', total: 1, timing: { avg: { seconds: 300n }, p95: { seconds: 300n } } },
            ],
          },
        ],
      },
    });
  });

  test('a funnel that no person entered has no series', async () => {
    const result = await ask({ insightType: InsightType.FUNNEL, events: [{ event: { kind: 'unheard' } }] });
    expect(result).toMatchObject({ case: 'funnel', value: { series: [] } });
  });

  test('retention is in percent, without empty cells', async () => {
    const result = await ask({ insightType: InsightType.RETENTION, events: [view] });
    if (result.case !== 'retention') throw new Error('Retention was asked for.');
    expect(
      result.value.series.flatMap(({ cohorts }) =>
        cohorts.map(({ cohort, cohortSize, points }) => [
          cohort,
          cohortSize,
          points.map((point) => point.value),
        ]),
      ),
    ).toEqual([
      ['2026-06-01T00:00:00Z', 1, [100]],
      ['2026-06-02T00:00:00Z', 1, [100, 100]],
    ]);
  });

  test('retention has no series of which no person returned', async () => {
    const breakdowns = [{ property: 'plan' }];
    const result = await ask({ insightType: InsightType.RETENTION, events: [view, buy], breakdowns });
    if (result.case !== 'retention') throw new Error('Retention was asked for.');
    expect(result.value.series.map(({ breakdown }) => breakdown)).toEqual([{ plan: 'pro' }]);
  });

  test('a user flow has nodes of each step', async () => {
    const result = await ask({ insightType: InsightType.USER_FLOW, userFlow: {} });
    expect(result).toMatchObject({
      case: 'userFlow',
      value: {
        nodes: [
          { id: '0:view', label: 'view', depth: 0, isOthers: false },
          { id: '1:buy', label: 'buy', depth: 1, isOthers: false },
        ],
        links: [{ source: '0:view', target: '1:buy', value: 1n }],
      },
    });
  });

  test('top K ranks persons with their profiles', async () => {
    const topK = { dimension: TopKQuery_Dimension.USER, limit: 1 };
    const result = await ask({ insightType: InsightType.TOP_K, topK });
    expect(result).toMatchObject({
      case: 'topK',
      value: {
        rows: [
          { dimensionValue: ann, value: 2 },
          { dimensionValue: '$others', value: 2, isOthers: true },
        ],
      },
    });
    const all = await ask({ insightType: InsightType.TOP_K, topK: { ...topK, limit: 5 } });
    if (all.case !== 'topK') throw new Error('Top K was asked for.');
    expect(all.value.rows.map(({ profile }) => profile)).toEqual([
      expect.objectContaining({ id: ann, externalId: 'ann', properties: traits }),
      undefined,
    ]);
    expect([Object.keys({ own: 1 }), 'polluted' in {}]).toEqual([['own'], false]);
  });

  test('a map is answered as top K by country', async () => {
    const result = await ask({ insightType: InsightType.MAP, map: {} });
    expect(result).toMatchObject({
      case: 'topK',
      value: {
        rows: [
          { dimensionValue: 'SE', value: 2 },
          { dimensionValue: 'US', value: 2 },
        ],
      },
    });
  });
});

describe('the users of a segment', () => {
  test('are distinct ids in order, page by page', async () => {
    const request = { timeRange: range('01', '05'), events: [{}], pageSize: 2 };
    const first = await insights().segmentUsers(request);
    expect(first).toMatchObject({ distinctIds: ['ann', 'anon-1'], nextPageToken: 'anon-1' });
    const second = await insights().segmentUsers({ ...request, pageToken: first.nextPageToken });
    expect(second).toMatchObject({ distinctIds: ['bob'], nextPageToken: '' });
  });
});

describe('the filter schema', () => {
  test('lists kinds, properties and traits of the project, and of no other', async () => {
    const schema = await insights().getFilterSchema({});
    expect(schema.events.map(({ name, count }) => [name, count])).toEqual([
      ['view', 5n],
      ['buy', 1n],
    ]);
    expect(schema.customPropertyKeys.map(({ name, valueType }) => [name, valueType])).toEqual([
      ['plan', PropertyValueType.STRING],
      ['amount', PropertyValueType.INTEGER],
      ['vip', PropertyValueType.BOOLEAN],
    ]);
    expect(schema.profilePropertyKeys.map(({ name, valueType }) => [name, valueType])).toEqual([
      ['age', PropertyValueType.INTEGER],
      ['plan', PropertyValueType.STRING],
    ]);
  });

  test('always lists the automatic properties that have a column', async () => {
    const { autoPropertyKeys } = await insights().getFilterSchema({});
    expect(autoPropertyKeys).toHaveLength(23);
    expect(autoPropertyKeys[0]).toMatchObject({ name: '$country', count: 4n });
    const channel = autoPropertyKeys.find(({ name }) => name === '$channel');
    expect(channel).toMatchObject({ count: 0n, valueType: PropertyValueType.STRING });
    expect(channel?.lastSeenAt).toBeUndefined();
  });

  test('lists keys of one kind and of some types', async () => {
    const schema = await insights().getFilterSchema({
      eventKind: 'view',
      allowedTypes: [PropertyValueType.BOOLEAN],
    });
    expect(schema.customPropertyKeys).toMatchObject([{ name: 'vip', count: 1n }]);
    expect(schema.autoPropertyKeys).toEqual([]);
  });
});

describe('the values of a property', () => {
  const values = async (propertyKey: string, source = PropertySource.CUSTOM) =>
    (await insights().getPropertyValues({ propertyKey, source })).values;

  test('are those of the last 30 days, the most frequent first', async () => {
    expect(await values('plan', PropertySource.PROFILE)).toEqual(['gold']);
    expect(await values('plan')).toEqual([]);
    const theirs = fresh.keys.private.client(InsightsService);
    const asked = { source: PropertySource.UNSPECIFIED };
    expect((await theirs.getPropertyValues({ ...asked, propertyKey: 'plan' })).values).toEqual([
      'pro',
      'free',
    ]);
    const ofKind = { ...asked, propertyKey: '$country', eventKind: 'buy' };
    expect((await theirs.getPropertyValues(ofKind)).values).toEqual(['SE']);
  });
});
