import { analyticsQuery, type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import { measureOf } from './aggregation.js';
import { throwIfTooLong, MOST_POINTS } from './answer-size.js';
import { bucketExpression, bucketsOf } from './buckets.js';
import type { TrendsQuery } from './insight-query.js';
import type { TrendsResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { type CellRow, rankedCells } from './ranking.js';
import { groupedSeries } from './series.js';
import { EventSource } from './source.js';

type TrendsRow = CellRow & { readonly event: number };

export const trendsStatement = analyticsQuery<TrendsQuery, TrendsRow>({
  name: 'insight.trends',
  build: (query) =>
    // One row more than an answer may have tells that it is too long.
    sql`SELECT * FROM (${sql.join(
      query.events.map((_, index) => selectorSql(query, index)),
      sql` UNION ALL `,
    )}) LIMIT ${sql.integer(MOST_POINTS + 1)}`,
  examples: [
    {
      ...everything,
      type: 'trends',
      granularity: 'day',
      events: [
        { kind: 'view', filters: [], aggregation: { type: 'total' } },
        { kind: '', filters: [], aggregation: { type: 'unique_users' } },
        { kind: 'view', filters: [], aggregation: { type: 'per_user_average' } },
        { kind: 'buy', filters: [], aggregation: { type: 'sum', property: 'amount' } },
      ],
      rankBy: 'window',
    },
    {
      ...everything,
      type: 'trends',
      granularity: 'day',
      events: [
        { kind: 'view', filters: [], aggregation: { type: 'total' } },
        { kind: '', filters: [], aggregation: { type: 'unique_users' } },
        { kind: 'buy', filters: [], aggregation: { type: 'average', property: 'amount' } },
      ],
      breakdown: { properties: ['$country', 'plan'], limit: 1 },
      rankBy: 'sum_of_buckets',
    },
  ],
});

function selectorSql(query: TrendsQuery, index: number): Fragment {
  const selector = query.events[index];
  if (!selector) throw new RangeError(`The question has no selector ${index}.`);
  const source = new EventSource(query);
  const properties = (query.breakdown?.properties ?? []).map((property) => source.property(property));
  const manyCells = properties.some(({ hasFewValues }) => !hasFewValues);
  const keys = properties.map(({ text }) => text);
  const measure = measureOf(selector.aggregation, source, manyCells);
  const ranked = rankedCells(
    {
      kind: sql`kind`,
      bucket: bucketExpression(sql`occur_time`, bucketsOf(query.window, query.zone, query.granularity)),
      keys,
      measure,
      from: source.from({ selectors: [selector], window: query.window, conditions: measure.conditions }),
    },
    { limit: query.breakdown?.limit ?? 0, rankBy: query.rankBy },
  );
  return sql`SELECT ${value(index, 'UInt32')} AS event, * FROM (${ranked})`;
}

export function trendsResult(query: TrendsQuery, rows: readonly TrendsRow[]): TrendsResult {
  throwIfTooLong(rows.length);
  const series = query.events.flatMap((_, event) =>
    groupedSeries(
      rows.filter((row) => row.event === event),
      query.breakdown?.limit,
    ).map((one) => ({ ...one, event })),
  );
  return { type: 'trends', series };
}
