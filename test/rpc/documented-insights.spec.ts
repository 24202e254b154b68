import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Aggregation,
  Granularity,
  type InsightQuerySpecSchema,
  InsightsService,
  InsightType,
  Operator,
} from '@dovecote/contract/insights/v1/insights_pb';
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
    event('anon-1', 'view', '01 10:00', { properties: { amount: 3, $country: 'SE' } }),
    event('ann', 'buy', '01 10:05', { properties: { amount: '7.5' } }),
    event('ann', 'buy', '02 10:05', { properties: { amount: 2.5 } }),
    event('bob', 'view', '02 10:00', { properties: { plan: 'free', $country: 'US', $bot_score: 2 } }),
    event('bob', 'view', '03 10:00', { properties: { plan: 'free' } }),
  ],
  { ann: { aliases: ['anon-1'], traits: { plan: 'gold' } } },
);

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  await storeWorlds(
    s.analytics,
    store,
    new Map([
      [cast.site.number, shop],
      [cast.otherSite.number, shop],
    ]),
  );
  await stop();
});
afterAll(() => s?.stop());

type Spec = Exclude<MessageInitShape<typeof InsightQuerySpecSchema>, { $typeName: string }>;
const june = { start: timestampFromMs(at('01')), end: timestampFromMs(at('05')) };

function ask(query: Spec) {
  return cast.site.keys.shared.client(InsightsService).query({ query: { timeRange: june, ...query } });
}

async function violations(query: Spec) {
  const refused = await refusalOf(ask(query));
  expect(refused.code).toBe(Code.InvalidArgument);
  return refused.fields;
}

async function lines(query: Spec) {
  const { series, totals } = await ask(query);
  return [
    ...series.map(
      ({ timestamp, value, event: name, breakdown }) =>
        `${name} ${breakdown} ${timestamp ? timestampDate(timestamp).getUTCDate() : '?'}=${value}`,
    ),
    ...totals.map(({ event: name, breakdown, value }) => `${name} ${breakdown} total ${value}`),
  ];
}

const allTimes = { start: timestampFromMs(1), end: timestampFromMs(Date.UTC(9999, 11, 31)) };
const view = { name: 'view' };
const buy = { name: 'buy' };
const filter = (operator: Operator, parts: { value?: string; values?: string[] } = {}) => ({
  property: 'plan',
  operator,
  ...parts,
});

describe('a question is refused, with the field', () => {
  test.each<[string, Spec, string[]]>([
    ['without events', { events: [] }, ['query.events']],
    ['without a range', { events: [view], timeRange: undefined }, ['query.time_range']],
    [
      'with a range that ends before it starts',
      { events: [view], timeRange: { start: june.end, end: june.start } },
      ['query.time_range.end'],
    ],
    [
      'with too long a range for hours',
      {
        events: [view],
        granularity: Granularity.HOUR,
        timeRange: { start: june.start, end: timestampFromMs(at('30')) },
      },
      ['query.time_range'],
    ],
    [
      'of segmentation with too long a range',
      { events: [view], insightType: InsightType.SEGMENTATION, timeRange: allTimes },
      ['query.time_range'],
    ],
    [
      'of a funnel with too long a range',
      { events: [view, buy], insightType: InsightType.FUNNEL, timeRange: allTimes },
      ['query.time_range'],
    ],
    [
      'when a sum has no property',
      { events: [view], aggregation: Aggregation.SUM },
      ['query.aggregation_property'],
    ],
    ['for a funnel of one step', { events: [view], insightType: InsightType.FUNNEL }, ['query.events']],
    [
      'for retention of three events',
      { events: [view, buy, view], insightType: InsightType.RETENTION },
      ['query.events'],
    ],
    [
      'with conditions that lack what they compare with',
      {
        events: [view, { ...buy, filters: [filter(Operator.EQUALS)] }],
        filters: [
          filter(Operator.IN),
          filter(Operator.GT, { value: 'many' }),
          filter(Operator.BETWEEN, { values: ['2', '1'] }),
          filter(Operator.IS_SET, { value: 'x' }),
        ],
      },
      [
        'query.events[1].filters[0].value',
        'query.filters[0].values',
        'query.filters[1].value',
        'query.filters[2].values',
        'query.filters[3].value',
      ],
    ],
  ])('%s', async (_, query, fields) => {
    expect(await violations(query)).toEqual(fields);
  });
});

describe('trends', () => {
  test('have a point for each bucket and a total', async () => {
    expect(await lines({ events: [view] })).toEqual(['view  1=1', 'view  2=1', 'view  3=1', 'view  total 3']);
  });

  test('of several events have zeros for each other, and the events in their order', async () => {
    expect(await lines({ events: [view, buy] })).toEqual([
      'view  1=1',
      'view  2=1',
      'view  3=1',
      'buy  1=1',
      'buy  2=1',
      'buy  3=0',
      'view  total 3',
      'buy  total 2',
    ]);
  });

  test('of nothing have a total of 0', async () => {
    expect(await lines({ events: [{ name: 'unheard' }] })).toEqual(['unheard  total 0']);
  });

  test('sum what was sent as a number only', async () => {
    const sum = { aggregation: Aggregation.SUM, aggregationProperty: 'amount' };
    expect(await lines({ events: [buy], ...sum })).toEqual(['buy  1=0', 'buy  2=2.5', 'buy  total 2.5']);
  });

  test('break down by the property, else by the trait', async () => {
    expect(await lines({ events: [view], breakdown: { property: 'plan' } })).toEqual([
      'view free 2=1',
      'view free 3=1',
      'view gold 1=1',
      'view free total 2',
      'view gold total 1',
    ]);
  });

  test('know the documented names of automatic properties', async () => {
    const inSweden = { property: '$geo.country', operator: Operator.EQUALS, value: 'SE' };
    const human = { property: '$botScore', operator: Operator.LTE, value: '0.02' };
    expect(await lines({ events: [view], filters: [inSweden] })).toEqual(['view  1=1', 'view  total 1']);
    expect(await lines({ events: [view], filters: [human] })).toEqual(['view  2=1', 'view  total 1']);
    const parts = { aggregation: Aggregation.AVERAGE, aggregationProperty: '$botScore', filters: [human] };
    expect(await lines({ events: [view], ...parts, breakdown: { property: '$botScore' } })).toEqual([
      'view 0.02 2=0.02',
      'view 0.02 total 0.02',
    ]);
  });
});

describe('other questions', () => {
  test('segmentation has totals only', async () => {
    const asked = { events: [view, buy], insightType: InsightType.SEGMENTATION };
    expect(await lines(asked)).toEqual(['view  total 3', 'buy  total 2']);
  });

  test('a conversion window makes a funnel', async () => {
    const { funnel } = await ask({
      events: [view, buy],
      conversionWindow: { seconds: 3600n },
      breakdown: { property: 'plan' },
    });
    const steps = funnel?.steps.map(({ event: name, count, conversionRate, stepConversionRate }) => [
      name,
      count,
      conversionRate,
      stepConversionRate,
    ]);
    expect(steps?.[0]).toEqual(['view', 2, 1, 1]);
    expect(steps).toHaveLength(2);
    expect(funnel?.groups.map(({ breakdown }) => breakdown).toSorted()).toEqual(['free', 'gold']);
  });

  test('the ids of one person are one person, although the project does not merge them', async () => {
    const { funnel } = await ask({ events: [view, buy], insightType: InsightType.FUNNEL });
    expect(funnel?.steps.map(({ count }) => count)).toEqual([2, 1]);
  });

  test('a funnel of nothing has steps of 0', async () => {
    const { funnel } = await ask({
      events: [{ name: 'unheard' }, { name: 'of' }],
      insightType: InsightType.FUNNEL,
    });
    expect(funnel?.steps.map(({ count, conversionRate }) => [count, conversionRate])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('retention has every bucket to the end of the range', async () => {
    const { retention } = await ask({ events: [view], insightType: InsightType.RETENTION });
    expect(
      retention?.cohorts.map(({ size, points }) => [size, points.map(({ users, rate }) => [users, rate])]),
    ).toEqual([
      [
        1,
        [
          [1, 1],
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ],
      [
        1,
        [
          [1, 1],
          [1, 1],
          [0, 0],
        ],
      ],
    ]);
  });
});
