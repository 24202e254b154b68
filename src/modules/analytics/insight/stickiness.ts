import { analyticsQuery, sql } from '../../../platform/analytics-store/index.js';
import { bucketExpression, bucketsOf } from './buckets.js';
import type { StickinessQuery } from './insight-query.js';
import type { StickinessResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface StickinessRow {
  /** In how many buckets these persons were active. */
  readonly buckets: number | string;
  readonly persons: number;
}

export const stickinessStatement = analyticsQuery<StickinessQuery, StickinessRow>({
  name: 'insight.stickiness',
  build: (query) => {
    const source = new EventSource(query);
    const bucket = bucketExpression(sql`occur_time`, bucketsOf(query.window, query.zone, query.granularity));
    const person = source.person();
    const from = source.from({
      selectors: [query.event],
      window: query.window,
      conditions: [source.hasPerson()],
    });
    return sql`SELECT buckets, toFloat64(count()) AS persons
      FROM (SELECT length(groupUniqArray(${bucket})) AS buckets ${from} GROUP BY ${person}) GROUP BY buckets`;
  },
  examples: [{ ...everything, type: 'stickiness', granularity: 'day', event: { kind: '', filters: [] } }],
});

export function stickinessResult(query: StickinessQuery, rows: readonly StickinessRow[]): StickinessResult {
  const persons = bucketsOf(query.window, query.zone, query.granularity).map(() => 0);
  for (const row of rows) persons[Number(row.buckets) - 1] = row.persons;
  return { type: 'stickiness', persons };
}
