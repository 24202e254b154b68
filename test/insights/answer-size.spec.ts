import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  InsightQuery,
  RetentionQuery,
  TrendsQuery,
} from '../../src/modules/analytics/insight/insight-query.js';
import { Insights } from '../../src/modules/analytics/insight/insights.service.js';
import { openStore } from '../support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';
import { june, only, equals, select } from './cases/write.js';
import { storedAnswer } from './stored-worlds.js';

const PROJECT = 1;
const HOURS = 300;
const KINDS = 340;
const from = june.window.from;
const window = { from, to: from + HOURS * 3_600_000 };

let analytics: TestAnalytics;
let opened: ReturnType<typeof openStore>;
let insights: Insights;

beforeAll(async () => {
  analytics = await createAnalytics();
  opened = openStore(analytics);
  insights = new Insights(opened.store);
  // The store creates its tables when it is used for the first time.
  await storedAnswer(insights, PROJECT, trends('view'));
  const insert = `INSERT INTO ${analytics.database}.events (project, kind, occur_time, distinct_id, event_id, received_at, properties)`;
  const hour = (number: string) => `fromUnixTimestamp64Milli(${from} + 3600000 * ${number}, 'UTC')`;
  // An event of each kind in each hour, and persons, of which one begins in each hour and returns in every later one.
  await analytics.client.command({
    query: `${insert} SELECT ${PROJECT}, concat('k', toString(number % ${KINDS})), ${hour(`intDiv(number, ${KINDS})`)}, 'ann',
      toString(number), now64(3), map() FROM numbers(${HOURS * KINDS})`,
  });
  await analytics.client.command({
    query: `${insert} SELECT ${PROJECT}, 'visit', ${hour('hour')}, concat(plan, toString(begun)), concat(plan, toString(begun), '-', toString(hour)),
      now64(3), map('plan', plan)
      FROM (SELECT intDiv(number, ${HOURS}) AS begun, number % ${HOURS} AS hour FROM numbers(${HOURS * HOURS}))
      ARRAY JOIN ['pro', 'free', 'trial'] AS plan WHERE hour >= begun`,
  });
}, 120_000);

afterAll(async () => {
  await opened?.stop();
  await analytics?.drop();
});

function trends(kind: string): TrendsQuery {
  const events = [{ ...select(kind), aggregation: { type: 'total' as const } }];
  return { ...june, window, type: 'trends', granularity: 'hour', events, rankBy: 'window' };
}

function retention(parts: Partial<RetentionQuery> = {}): RetentionQuery {
  const visit = select('visit');
  return { ...june, window, type: 'retention', granularity: 'hour', start: visit, return: visit, ...parts };
}

const ask = (query: InsightQuery) => storedAnswer(insights, PROJECT, query);
const tooLarge = { kind: 'resource_exhausted', reason: 'ANALYTICS_QUERY_TOO_LARGE' };
const byPlan = { breakdown: { properties: ['plan'], limit: 10 } };

describe('an answer', () => {
  test('of too many points is refused', async () => {
    await expect(ask(trends(''))).rejects.toMatchObject(tooLarge);
    await expect(ask(retention(byPlan))).rejects.toMatchObject(tooLarge);
  });

  test('of fewer points is complete', async () => {
    const [trend, returns] = [await ask(trends('k1')), await ask(retention(only(equals('plan=pro'))))];
    if (trend.type !== 'trends' || returns.type !== 'retention') throw new Error('It answers the question.');
    expect(trend.series.map(({ points }) => points.length)).toEqual([HOURS]);
    expect(returns.series.map(({ cohorts }) => cohorts.map(({ points }) => points.length))).toEqual([
      Array.from({ length: HOURS }, (_, begun) => HOURS - begun),
    ]);
  });

  // What a range between two milliseconds becomes.
  test('about an empty window holds nothing', async () => {
    const empty = { window: { from, to: from } };
    const steps = [select('visit'), select('visit')];
    const funnel = { ...june, type: 'funnel', steps, conversionMs: 1_000, timing: true } as const;
    for (const query of [trends('k1'), retention(), funnel])
      expect(await ask({ ...query, ...empty })).toMatchObject({ series: [] });
  });
});
