import {
  analyticsQuery,
  type Fragment,
  instant,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import type { Column, Measure } from './aggregation.js';
import { bucketExpression, bucketsOf } from './buckets.js';
import type { SessionMetric, SessionsQuery } from './insight-query.js';
import type { SessionsResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { type CellRow, rankedCells } from './ranking.js';
import { groupedSeries } from './series.js';
import { EventSource } from './source.js';

export const sessionsStatement = analyticsQuery<SessionsQuery, CellRow>({
  name: 'insight.sessions',
  // Merged with the one on the project, the condition on sessions has the engine sort the whole set before it reads: at 50
  // million events that takes gigabytes and two thirds of the time.
  settings: { query_plan_merge_filters: 0 },
  build: (query) =>
    rankedCells(
      {
        kind: sql`''`,
        bucket: bucketExpression(sql`began`, bucketStartsOf(query)),
        keys: propertiesOf(query).map((_, index) => tupleElement(index)),
        measure: measureOfSessions(query.metric),
        from: sql` FROM (${sessionsSql(query)})`,
      },
      { limit: query.breakdown?.limit ?? 0, rankBy: 'window' },
    ),
  examples: [
    {
      ...everything,
      type: 'sessions',
      metric: 'average_duration',
      scope: { kind: 'view', filters: [] },
      granularity: 'hour',
    },
    {
      ...everything,
      type: 'sessions',
      metric: 'exit',
      scope: { kind: '', filters: [] },
      breakdown: { properties: ['$pathname', 'plan'], limit: 1 },
    },
  ],
});

/**
 * Sessions that begin in the window, each with all of its events, whenever they happened. A session belongs to the
 * canonical person even when identities are not merged, so that it is not split by a login.
 */
function sessionsSql(query: SessionsQuery): Fragment {
  const source = new EventSource(query);
  const keys = propertiesOf(query).map((property) => sql`CAST(${source.property(property).text}, 'String')`);
  const edge = query.metric === 'exit' ? sql`argMax` : sql`argMin`;
  const keyColumn =
    keys.length === 0
      ? sql.empty
      : sql`, ${edge}(tuple(${sql.join(keys)}), tuple(occur_time, event_id, kind)) AS edge_keys`;
  const person = source.canonicalPerson();
  const hasSession = sql`session != 0`;
  const selectors = [query.scope];
  // Which sessions may begin in the window is known from its own events: no others are held in memory.
  const inWindow = new EventSource(query).from({
    selectors,
    window: query.window,
    conditions: [hasSession],
    withCopies: true,
  });
  const conditions = [hasSession, sql`session IN (SELECT session ${inWindow})`];
  const from = source.from({ selectors, conditions });
  return sql`SELECT min(occur_time) AS began, max(occur_time) AS ended, count() AS length ${keyColumn} ${from}
    GROUP BY session, ${person}
    HAVING began >= ${instant(query.window.from)} AND began < ${instant(query.window.to)}`;
}

function measureOfSessions(
  metric: SessionMetric,
): Pick<Measure, 'cellKeys' | 'partials' | 'value' | 'folded'> {
  const sessions: Column = { name: sql`n`, expression: sql`count()` };
  const mean = (amount: Fragment) => ({
    cellKeys: [],
    partials: [sessions, { name: sql`amount`, expression: sql`toFloat64(sum(${amount}))` }],
    value: sql`amount / n`,
    folded: sql`if(sum(n) = 0, 0, sum(amount) / sum(n))`,
  });
  switch (metric) {
    case 'sessions':
    case 'entry':
    case 'exit':
      return { cellKeys: [], partials: [sessions], value: sql`toFloat64(n)`, folded: sql`toFloat64(sum(n))` };
    case 'average_duration':
      return mean(sql`(toUnixTimestamp64Milli(ended) - toUnixTimestamp64Milli(began)) / 1000`);
    case 'bounce_rate':
      return mean(sql`if(length = 1, 100, 0)`);
    case 'average_events':
      return mean(sql`length`);
  }
}

function tupleElement(index: number): Fragment {
  return sql`tupleElement(edge_keys, ${value(index + 1, 'UInt8')})`;
}

function propertiesOf({ breakdown }: SessionsQuery): readonly string[] {
  return breakdown?.properties ?? [];
}

function bucketStartsOf({ window, zone, granularity }: SessionsQuery): readonly number[] {
  return granularity ? bucketsOf(window, zone, granularity) : [window.from];
}

export function sessionsResult(query: SessionsQuery, rows: readonly CellRow[]): SessionsResult {
  const series = groupedSeries(rows, query.breakdown?.limit).filter(({ points }) => points.length > 0);
  return {
    type: 'sessions',
    series: series.map(({ breakdown, points, total }) => ({ breakdown, points, total })),
  };
}
