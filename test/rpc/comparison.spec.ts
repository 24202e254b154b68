import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import {
  type CompareRequestSchema,
  InsightsService,
  type PersonsQuerySchema,
} from '@dovecote/contract/dovecote/insights/v1/insights_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import {
  Granularity,
  type InsightQuerySpecSchema,
  InsightType,
  type QueryResponse,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { at, event, world } from '../insights/cases/write.js';
import { storeWorlds } from '../insights/stored-worlds.js';
import { openStore } from '../support/analytics-events.js';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

const shop = world(
  [
    event('anon-1', 'view', '02 10:00', { properties: { plan: 'pro' } }),
    event('ann', 'view', '03 10:00', { properties: { plan: 'pro' } }),
    event('ann', 'view', '05 10:00', { properties: { plan: 'pro' } }),
    event('bob', 'view', '03 10:00', { properties: { plan: 'free' } }),
    event('bob', 'buy', '04 10:00'),
    event('cookieless-x', 'view', '05 11:00', { cookieless: true }),
    event('bot', 'view', '05 12:00', { bot: true }),
  ],
  { ann: { aliases: ['anon-1'], traits: {} } },
);
/** Events of another organization: the same persons, on other days. */
const elsewhere = world(
  ['02', '03', '04', '05'].flatMap((day) =>
    ['ann', 'bob', 'eve'].map((person) => event(person, 'view', `${day} 10:00`)),
  ),
);

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  await cast.alice.client(ProjectService).updateProject({ projectId: cast.site.id, mergeIdentities: true });
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  await storeWorlds(
    s.analytics,
    store,
    new Map([
      [cast.site.number, shop],
      [cast.otherSite.number, elsewhere],
    ]),
  );
  await stop();
});
afterAll(() => s?.stop());

type Plain<Shape> = Exclude<Shape, { $typeName: string }>;
type Persons = Plain<MessageInitShape<typeof PersonsQuerySchema>>;
type Spec = Plain<MessageInitShape<typeof InsightQuerySpecSchema>>;
type Comparison = NonNullable<Plain<MessageInitShape<typeof CompareRequestSchema>>['comparison']>;

const range = (from: string, to: string) => ({
  from: timestampFromMs(at(from)),
  to: timestampFromMs(at(to)),
});
const client = () => cast.site.keys.private.client(InsightsService);
const persons = (parts: Persons = {}): Persons => ({
  timeRange: range('03', '06'),
  granularity: Granularity.DAY,
  event: { kind: 'view' },
  ...parts,
});

describe.each(['lifecycle', 'stickiness'] as const)('%s', (method) => {
  const refused = (query?: Persons, by = client()) => refusalOf(by[method]({ query }));

  test.each<[string, Persons | undefined, string]>([
    ['without a question', undefined, 'query'],
    ['without a range', persons({ timeRange: undefined }), 'query.time_range'],
    ['without a size of buckets', persons({ granularity: Granularity.UNSPECIFIED }), 'query.granularity'],
    ['over too many minutes', persons({ granularity: Granularity.MINUTE }), 'query.time_range'],
  ])('is refused %s', async (_, query, field) => {
    expect(await refused(query)).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('is refused to keys that only write, and to members without the permission', async () => {
    const writing = cast.site.keys.public.client(InsightsService);
    expect((await refused(persons(), writing)).code).toBe(Code.PermissionDenied);
    const headers = { ...cast.erin.headers, 'x-project-id': cast.site.id };
    const erin = refusalOf(cast.erin.client(InsightsService)[method]({ query: persons() }, { headers }));
    expect((await erin).code).toBe(Code.PermissionDenied);
  });

  test('does not know a project of another organization', async () => {
    const headers = { ...cast.mallory.headers, 'x-project-id': cast.site.id };
    const mallory = cast.mallory.client(InsightsService)[method]({ query: persons() }, { headers });
    expect((await refusalOf(mallory)).code).toBe(Code.Unauthenticated);
  });
});

async function lifecycle(query: Persons, by = client()) {
  const { buckets } = await by.lifecycle({ query });
  return buckets.map(
    (bucket) =>
      `${dayOf(bucket.time)}: ${bucket.new} ${bucket.returning} ${bucket.resurrecting} ${bucket.dormant}`,
  );
}

async function stickiness(query: Persons, by = client()) {
  const { levels } = await by.stickiness({ query });
  return levels.map((level) => `${level.buckets}: ${level.persons}`);
}

function dayOf(time: Parameters<typeof timestampDate>[0] | undefined) {
  return time ? timestampDate(time).getUTCDate() : '?';
}

test('lifecycle counts new, returning, resurrecting and dormant persons', async () => {
  expect(await lifecycle(persons())).toEqual(['3: 1 1 0 0', '4: 0 0 0 2', '5: 0 0 1 0']);
  expect(await lifecycle(persons({ event: undefined }))).toEqual(['3: 1 1 0 0', '4: 0 1 0 1', '5: 0 0 1 1']);
  const elsewhereToo = cast.otherSite.keys.private.client(InsightsService);
  expect(await lifecycle(persons(), elsewhereToo)).toEqual(['3: 0 3 0 0', '4: 0 3 0 0', '5: 0 3 0 0']);
});

test('lifecycle counts bots and persons of a day where they are asked for', async () => {
  const all = persons({ includeBots: true, includeCookieless: true });
  expect((await lifecycle(all)).at(-1)).toBe('5: 2 0 1 0');
});

test('stickiness counts persons by number of buckets', async () => {
  expect(await stickiness(persons())).toEqual(['1: 1', '2: 1', '3: 0']);
  const plan = { property: 'plan', operator: FilterOperator.EQUALS, value: 'free' };
  expect(await stickiness(persons({ filterGroups: [{ filters: [plan] }] }))).toEqual([
    '1: 1',
    '2: 0',
    '3: 0',
  ]);
  const elsewhereToo = cast.otherSite.keys.private.client(InsightsService);
  expect(await stickiness(persons(), elsewhereToo)).toEqual(['1: 0', '2: 0', '3: 3']);
});

describe('a comparison', () => {
  const previousPeriod: Comparison = { case: 'previousPeriod', value: {} };
  const compare = (spec: Spec, comparison?: Comparison, timeRange = range('04', '06')) =>
    client().compare({ query: { spec, timeRange, granularity: Granularity.DAY }, comparison });
  const views: Spec = { insightType: InsightType.TRENDS, events: [{ event: { kind: 'view' } }] };

  test.each<[string, Spec, Comparison | undefined, string[]]>([
    ['without what to compare with', views, undefined, ['comparison']],
    [
      'with too long a range',
      views,
      { case: 'timeRange', value: { from: timestampFromMs(0), to: timestampFromMs(at('01')) } },
      ['time_range'],
    ],
    [
      'for a question that has an error',
      { ...views, conversionWindow: { seconds: 60n } },
      previousPeriod,
      ['query.spec'],
    ],
  ])('is refused %s', async (_, spec, comparison, fields) => {
    expect(await refusalOf(compare(spec, comparison))).toMatchObject({ code: Code.InvalidArgument, fields });
  });

  test('is refused for a period before the year 1', async () => {
    const from = { seconds: -62135596800n, nanos: 0 };
    const early = compare(views, previousPeriod, {
      from,
      to: { seconds: from.seconds + 60n, nanos: 0 },
    } as never);
    expect((await refusalOf(early)).fields).toEqual(['previous_period']);
  });

  test('is refused to keys that only write', async () => {
    const asked = cast.site.keys.public.client(InsightsService).compare({
      query: { spec: views, timeRange: range('04', '06'), granularity: Granularity.DAY },
      comparison: previousPeriod,
    });
    expect((await refusalOf(asked)).code).toBe(Code.PermissionDenied);
  });

  function lines(answer: QueryResponse | undefined) {
    const result = answer?.result;
    if (result?.case === 'segmentation') return [String(result.value.total)];
    if (result?.case !== 'trends') throw new Error('Neither trends nor segmentation came.');
    return result.value.series.map(({ eventKind, points }) =>
      [eventKind, ...points.map(({ time, value }) => `${dayOf(time)}=${value}`)].join(' '),
    );
  }

  test('answers for the period before, with every bucket of both', async () => {
    const { current, previous, previousRange } = await compare(views, previousPeriod);
    expect(lines(current)).toEqual(['view 4=0 5=2']);
    expect(lines(previous)).toEqual(['view 2=1 3=2']);
    expect(previousRange).toMatchObject(range('02', '04'));
  });

  test('lets a funnel take as long as the range that it is about, unless the question says how long', async () => {
    const step = { event: { kind: 'view' } };
    const funnel: Spec = { insightType: InsightType.FUNNEL, events: [step, step, step] };
    const longer: Comparison = { case: 'timeRange', value: range('02', '06') };
    const totals = async (spec: Spec) => {
      const { previous } = await compare(spec, longer, range('05', '06'));
      if (previous?.result.case !== 'funnel') throw new Error('A funnel was asked for.');
      return previous.result.value.series.flatMap(({ steps }) => steps.map(({ total }) => total));
    };
    expect((await totals(funnel)).at(-1)).toBe(1);
    expect((await totals({ ...funnel, conversionWindow: { seconds: 86_400n } })).at(-1)).toBe(0);
  });

  test('answers for any range', async () => {
    const timeRange: Comparison = { case: 'timeRange', value: range('03', '04') };
    const segmentation = { ...views, insightType: InsightType.SEGMENTATION };
    const { current, previous, previousRange } = await compare(segmentation, timeRange);
    expect([lines(current), lines(previous)]).toEqual([['2'], ['2']]);
    expect(previousRange).toMatchObject(range('03', '04'));
  });
});
