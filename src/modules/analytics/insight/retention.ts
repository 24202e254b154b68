import { isDeepStrictEqual } from 'node:util';
import { analyticsQuery, type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import { throwIfTooLong, MOST_POINTS } from './answer-size.js';
import { bucketExpression, bucketOfMilliseconds, bucketsOf } from './buckets.js';
import type { RetentionQuery } from './insight-query.js';
import type { BreakdownKey, RetentionResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface RetentionRow {
  /** 1 is the largest; `limit` + 1: all others together. */
  readonly place: number;
  /** Values of the breakdown, in the first row of a place; of the others: arbitrary. */
  readonly keys: readonly string[];
  /** Milliseconds at which the cohort's bucket starts. */
  readonly cohort: number | string;
  readonly size: number;
  /** Milliseconds at which the buckets start that persons returned in, and how many did. */
  readonly buckets: readonly (number | string)[];
  readonly persons: readonly number[];
}

export const retentionStatement = analyticsQuery<RetentionQuery, RetentionRow>({
  name: 'insight.retention',
  build: (query) => {
    const limit = value((query.breakdown?.limit ?? 1) + 1, 'UInt32');
    const folded = sql`SELECT place, any(keys) AS values, cohort, toFloat64(sum(size)) AS size,
        sumMap(returned.1, returned.2) AS returns, returns.1 AS buckets, returns.2 AS persons
      FROM (
        SELECT keys, cohort, size, returned, least(dense_rank() OVER (ORDER BY weight DESC, keys), ${limit}) AS place
        FROM (
          SELECT keys, cohort, size, returned, sum(size) OVER (PARTITION BY keys) AS weight
          FROM (
            SELECT keys, cohort, count() AS size, sumMap(buckets, arrayMap(bucket -> 1., buckets)) AS returned
            FROM (${startersSql(query)}) GROUP BY keys, cohort
          )
        )
      ) GROUP BY place, cohort`;
    // Rows behind the one by which an answer becomes too long are of no use.
    return sql`SELECT place, if(row_number() OVER (PARTITION BY place ORDER BY cohort) = 1, values, []) AS keys,
        cohort, size, buckets, persons
      FROM (
        SELECT *, sum(1 + length(buckets)) OVER (ORDER BY place, cohort ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM (${folded})
      ) WHERE before <= ${sql.integer(MOST_POINTS)} ORDER BY place, cohort`;
  },
  examples: [
    {
      ...everything,
      type: 'retention',
      granularity: 'day',
      start: { kind: 'view', filters: [] },
      return: { kind: 'buy', filters: [] },
      breakdown: { properties: ['$country', 'plan'], limit: 1 },
    },
    {
      ...everything,
      type: 'retention',
      granularity: 'week',
      start: { kind: '', filters: [] },
      return: { kind: '', filters: [] },
    },
  ],
});

/** A row for each person that started: `keys`, `cohort`, and `buckets`, each once, that the person returned in. */
function startersSql(query: RetentionQuery): Fragment {
  const source = new EventSource(query);
  const starts = bucketsOf(query.window, query.zone, query.granularity);
  const bucket = bucketExpression(sql`occur_time`, starts);
  const isStart = source.matches(query.start);
  const person = source.person();
  const values = (query.breakdown?.properties ?? []).map(
    (property) => sql`CAST(${source.property(property).text}, 'String')`,
  );
  const keys =
    values.length === 0
      ? sql`emptyArrayString()`
      : sql`argMinIf([${sql.join(values)}], tuple(occur_time, event_id, kind), ${isStart})`;
  const scope = { window: query.window, conditions: [source.hasPerson()] };

  // Every event of a person that starts and returns by the same event is one at or after the first.
  if (isDeepStrictEqual(query.start, query.return))
    return sql`SELECT ${keys} AS keys, min(${bucket}) AS cohort, groupUniqArray(${bucket}) AS buckets
      ${source.from({ ...scope, selectors: [query.start] })} GROUP BY ${person}`;

  const milliseconds = sql`toUnixTimestamp64Milli(occur_time)`;
  return sql`SELECT keys, ${bucketOfMilliseconds(sql`first`, starts)} AS cohort,
      arrayDistinct(arrayMap(time -> ${bucketOfMilliseconds(sql`time`, starts)}, arrayFilter(time -> time >= first, times))) AS buckets
    FROM (
      SELECT ${keys} AS keys, countIf(${isStart}) AS started, minIf(${milliseconds}, ${isStart}) AS first,
        groupArrayIf(${milliseconds}, ${source.matches(query.return)}) AS times
      ${source.from({ ...scope, selectors: [query.start, query.return] })} GROUP BY ${person}
    ) WHERE started > 0`;
}

export function retentionResult(query: RetentionQuery, rows: readonly RetentionRow[]): RetentionResult {
  throwIfTooLong(rows.reduce((points, { buckets }) => points + 1 + buckets.length, 0));
  const series: { place: number; breakdown: BreakdownKey; cohorts: Cohort[] }[] = [];
  for (const row of rows) {
    let last = series.at(-1);
    if (last?.place !== row.place) {
      const others = query.breakdown !== undefined && row.place > query.breakdown.limit;
      last = { place: row.place, breakdown: others ? 'others' : row.keys, cohorts: [] };
      series.push(last);
    }
    last.cohorts.push(cohortOf(row));
  }
  return { type: 'retention', series: series.map(({ breakdown, cohorts }) => ({ breakdown, cohorts })) };
}

type Cohort = RetentionResult['series'][number]['cohorts'][number];

function cohortOf({ cohort, size, buckets, persons }: RetentionRow): Cohort {
  const points = buckets.map((bucket, index) => ({ time: Number(bucket), value: persons[index] ?? 0 }));
  return { time: Number(cohort), size, points: points.sort((left, right) => left.time - right.time) };
}
