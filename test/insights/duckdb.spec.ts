import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Question } from '../../src/modules/analytics/insight/insight-query.js';
import type { Scene } from './arbitrary/scene.js';
import { arbitraryWorld, KINDS } from './arbitrary/world.js';
import {
  dailyLives,
  dailyPersons,
  dailyReturns,
  fillDuckDB,
  plansByEvents,
  type SimpleQuestion,
} from './duckdb.js';
import { answerLifecycle } from './naive/lifecycle.js';
import { answerRetention } from './naive/retention.js';
import { answerTopK } from './naive/top-k.js';
import { answerTrends } from './naive/trends.js';
import type { World } from './naive/world.js';

const DAY_MS = 86_400_000;
const scene: Scene = { zone: 'UTC', edge: Date.UTC(2026, 5, 14), granularity: 'day' };

const arbitraryQuestion: fc.Arbitrary<SimpleQuestion> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    from: fc.integer({ min: -3, max: 2 }),
    days: fc.integer({ min: 1, max: 5 }),
    mergeIdentities: fc.boolean(),
    includeCookieless: fc.boolean(),
  })
  .map(({ from, days, ...others }) => ({
    ...others,
    window: { from: scene.edge + from * DAY_MS, to: scene.edge + (from + days) * DAY_MS },
  }));

function full({ kind, ...parts }: SimpleQuestion) {
  const question: Question = {
    zone: 'UTC',
    filters: { operator: 'and', groups: [] },
    includeBots: false,
    reading: { numericStringsCount: true, fallBackToTraits: false },
    ...parts,
  };
  return { ...question, granularity: 'day' as const, selector: { kind, filters: [] } };
}

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});

afterAll(() => {
  connection?.closeSync();
  instance?.closeSync();
});

const comparisons: readonly [
  string,
  (connection: DuckDBConnection, question: SimpleQuestion) => Promise<unknown>,
  (world: World, question: SimpleQuestion) => unknown,
][] = [
  [
    'daily unique persons',
    dailyPersons,
    (world, simple) => {
      const { selector, ...question } = full(simple);
      const { series } = answerTrends(world, {
        ...question,
        type: 'trends',
        rankBy: 'window',
        events: [{ ...selector, aggregation: { type: 'unique_users' } }],
      });
      return series.flatMap(({ points }) => points.map(({ time, value }) => [time, value]));
    },
  ],
  [
    'values of a property by events',
    plansByEvents,
    (world, simple) => {
      const { selector, ...question } = full(simple);
      return answerTopK(world, {
        ...question,
        type: 'top_k',
        dimension: { type: 'property', property: 'plan' },
        scope: selector,
        aggregation: { type: 'total' },
        limit: 100,
        others: false,
      }).rows.map(({ label, value }) => [label, value]);
    },
  ],
  [
    'daily retention',
    dailyReturns,
    (world, simple) => {
      const { selector, ...question } = full(simple);
      return answerRetention(world, { ...question, type: 'retention', start: selector, return: selector })
        .series.flatMap(({ cohorts }) => cohorts)
        .flatMap(({ time, points }) => points.map((point) => [time, point.time, point.value]))
        .filter(([, , persons]) => persons !== 0);
    },
  ],
  [
    'daily lifecycle',
    dailyLives,
    (world, simple) => {
      const { selector, ...question } = full(simple);
      return answerLifecycle(world, { ...question, type: 'lifecycle', event: selector })
        .buckets.map((day) => [day.time, day.new, day.returning, day.resurrecting, day.dormant])
        .filter(([, ...counts]) => counts.some((count) => count !== 0));
    },
  ],
];

describe('DuckDB agrees with the naive evaluator', () => {
  test.each(comparisons)('about %s', async (_, ask, naive) => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryWorld(scene), arbitraryQuestion, async (world, question) => {
        await fillDuckDB(connection, world, question);
        const expected = naive(world, question);
        expect(await ask(connection, question)).toEqual(expected);
        told += Array.isArray(expected) && expected.length > 0 ? 1 : 0;
      }),
      { numRuns: 40 },
    );
    expect(told).toBeGreaterThan(5);
  });
});
