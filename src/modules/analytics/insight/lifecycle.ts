import {
  analyticsQuery,
  type Fragment,
  instant,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { bucketStart, bucketsOf } from './buckets.js';
import type { LifecycleQuery } from './insight-query.js';
import type { LifecycleResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface LifecycleRow {
  /** Position of the bucket: 1 is the window's first. */
  readonly place: number;
  readonly state: 'new' | 'returning' | 'resurrecting' | 'dormant';
  readonly persons: number;
}

export const lifecycleStatement = analyticsQuery<LifecycleQuery, LifecycleRow>({
  name: 'insight.lifecycle',
  build: (query) => {
    const { starts, edges, places, firstActiveEdge } = spansOf(query);
    const place = (edge: Fragment) =>
      sql`transform(${edge}, ${value(edges, 'Array(Int64)')}, ${value(places, 'Array(Int64)')}, -1)`;
    return sql`SELECT change.1 AS place, change.2 AS state, toFloat64(count()) AS persons
      FROM (
        SELECT arrayDistinct(arrayMap(edge -> ${place(sql`edge`)}, lived)) AS places,
          arrayFilter(place -> place > 1 OR (place = 1 AND has(lived, ${value(firstActiveEdge, 'Int64')})), places) AS active,
          arrayFilter(place -> place < ${value(starts.length, 'Int64')} AND NOT has(places, place + 1), places) AS left,
          ${place(sql`earliest`)} AS birth,
          arrayConcat(
            arrayMap(place -> (place, multiIf(place = birth, 'new', has(places, place - 1), 'returning', 'resurrecting')), active),
            arrayMap(place -> (place + 1, 'dormant'), left)
          ) AS changes
        FROM (${livesSql(query, edges)})
      ) ARRAY JOIN changes AS change GROUP BY place, state`;
  },
  examples: [{ ...everything, type: 'lifecycle', granularity: 'day', event: { kind: '', filters: [] } }],
});

interface Spans {
  /** Where the buckets of the window begin. */
  readonly starts: readonly number[];
  /** Where the spans begin that a person lives in or not: the bucket before the window, then the window's. */
  readonly edges: readonly number[];
  /** The bucket that each span belongs to: 0 is the one before the window. */
  readonly places: readonly number[];
  /** The first span inside the window. */
  readonly firstActiveEdge: number;
}

/**
 * A first bucket that begins before the window is two spans: events before the window tell that a person lived in it,
 * but only those inside the window make them active.
 */
function spansOf({ window, zone, granularity }: LifecycleQuery): Spans {
  const starts = bucketsOf(window, zone, granularity);
  const [first = window.from, ...later] = starts;
  const before = bucketStart(first - 1, zone, granularity);
  const firstSpans = first < window.from ? [first, window.from] : [first];
  return {
    starts,
    edges: [before, ...firstSpans, ...later],
    places: [0, ...firstSpans.map(() => 1), ...later.map((_, index) => index + 2)],
    firstActiveEdge: window.from,
  };
}

/** A row for each person: `lived`, spans in which they have events, and `earliest`, the span of the first of all; -1: none. */
function livesSql(query: LifecycleQuery, edges: readonly number[]): Fragment {
  const source = new EventSource(query);
  const person = source.person();
  const milliseconds = sql`toUnixTimestamp64Milli(occur_time)`;
  const span = (time: Fragment) => sql`roundDown(${time}, ${value(edges, 'Array(Int64)')})`;
  const begin = value(edges[0] ?? 0, 'Int64');
  // All of history tells which persons are new. It is read once: to ask first who did something lately takes longer than to
  // keep two small values of everybody else.
  const from = source.from({
    selectors: [query.event],
    conditions: [sql`occur_time < ${instant(query.window.to)}`, source.hasPerson()],
  });
  return sql`SELECT groupUniqArrayIf(${span(milliseconds)}, ${milliseconds} >= ${begin}) AS lived,
      if(min(${milliseconds}) < ${begin}, toInt64(-1), ${span(sql`min(${milliseconds})`)}) AS earliest
    ${from} GROUP BY ${person} HAVING notEmpty(lived)`;
}

export function lifecycleResult(query: LifecycleQuery, rows: readonly LifecycleRow[]): LifecycleResult {
  const counts = new Map(rows.map((row) => [`${row.place} ${row.state}`, row.persons]));
  return {
    type: 'lifecycle',
    buckets: spansOf(query).starts.map((time, index) => {
      const persons = (state: LifecycleRow['state']) => counts.get(`${index + 1} ${state}`) ?? 0;
      return {
        time,
        new: persons('new'),
        returning: persons('returning'),
        resurrecting: persons('resurrecting'),
        // Not -0 where no person is dormant.
        dormant: 0 - persons('dormant'),
      };
    }),
  };
}
