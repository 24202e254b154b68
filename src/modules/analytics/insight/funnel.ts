import { analyticsQuery, type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import { stepTiming, timingOf, type TimingRow } from './funnel-timing.js';
import { hasTies, markOf, millisecondsSince, STEP_BITS, stepsOf, walkedSql } from './funnel-walk.js';
import type { FunnelQuery } from './insight-query.js';
import type { FunnelResult, FunnelStep } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface FunnelRow {
  /** 1 is the largest; `limit` + 1: all others together. */
  readonly place: number;
  /** Values of the breakdown; of the others: arbitrary. */
  readonly keys: readonly string[];
  /** Persons that came as far as each step. */
  readonly totals: readonly number[];
  /** One for each step but the first; empty when not asked for. */
  readonly timings: readonly TimingRow[];
  /** Persons with events of one millisecond whose order decides. */
  readonly tied: number;
}

const examples: readonly [FunnelQuery, ...FunnelQuery[]] = [
  {
    ...everything,
    type: 'funnel',
    steps: ['view', 'buy'].map((kind) => ({ kind, filters: [] })),
    conversionMs: 3_600_000,
    timing: true,
    breakdown: { properties: ['$country', 'plan'], limit: 1 },
  },
  {
    ...everything,
    type: 'funnel',
    steps: [{ kind: '', filters: [] }],
    conversionMs: 1000,
    timing: false,
  },
];

/** Does not read the ids of events, which cost more than all the rest: its answer holds unless it `isTied`. */
export const funnelStatement = analyticsQuery<FunnelQuery, FunnelRow>({
  name: 'insight.funnel',
  build: (query) => groupsSql(query, marksInOrderOfTime(query)),
  examples,
});

/** The same with the events of one millisecond in the order of their ids. */
export const exactFunnelStatement = analyticsQuery<FunnelQuery, FunnelRow>({
  name: 'insight.exact_funnel',
  build: (query) => {
    const marks = marksInOrderOfTime(query);
    const tie = tieOf(query);
    return groupsSql(
      query,
      sql`SELECT * FROM (${marks}) WHERE NOT ${tie}
        UNION ALL ${marksInOrderOfIds(query, sql`SELECT visitor FROM (${marks}) WHERE ${tie}`)}`,
    );
  },
  examples,
});

/** A row for each person: `visitor`, `marks` and `keys`, the values of the breakdown. */
function marksInOrderOfTime(query: FunnelQuery): Fragment {
  const source = new EventSource(query);
  const mark = markOf(
    query.window.from,
    query.steps.map((step) => source.matches(step)),
  );
  return visitorsSql(query, source, { marks: sql`arraySort(groupArray(${mark}))`, order: sql`occur_time` });
}

function marksInOrderOfIds(query: FunnelQuery, visitors: Fragment): Fragment {
  const source = new EventSource(query);
  const steps = stepsOf(query.steps.map((step) => source.matches(step)));
  const event = sql`tuple(${millisecondsSince(query.window.from)}, event_id, ${steps})`;
  return visitorsSql(query, source, {
    marks: sql`arrayMap(event -> bitShiftLeft(event.1, ${sql.integer(STEP_BITS)}) + event.3, arraySort(groupArray(${event})))`,
    order: sql`tuple(occur_time, event_id, kind)`,
    conditions: [sql`${source.person()} IN (${visitors})`],
  });
}

function tieOf({ breakdown }: FunnelQuery): Fragment {
  return hasTies({ first: breakdown !== undefined });
}

interface Reading {
  readonly marks: Fragment;
  /** By which the first event is found. */
  readonly order: Fragment;
  readonly conditions?: readonly Fragment[];
}

function visitorsSql(
  query: FunnelQuery,
  source: EventSource,
  { marks, order, conditions = [] }: Reading,
): Fragment {
  const values = (query.breakdown?.properties ?? []).map(
    (property) => sql`CAST(${source.property(property).text}, 'String')`,
  );
  const keys = values.length === 0 ? sql`emptyArrayString()` : sql`argMin([${sql.join(values)}], ${order})`;
  const person = source.person();
  const from = source.from({
    selectors: query.steps,
    window: query.window,
    conditions: [source.hasPerson(), ...conditions],
  });
  return sql`SELECT ${person} AS visitor, ${marks} AS marks, ${keys} AS keys ${from} GROUP BY visitor`;
}

function groupsSql(query: FunnelQuery, visitors: Fragment): Fragment {
  const steps = query.steps.length;
  const walked = walkedSql(sql`SELECT *, ${tieOf(query)} AS tie FROM (${visitors})`, {
    steps,
    conversionMs: query.conversionMs,
    timing: query.timing,
  });

  const laterSteps = query.steps.slice(1).map((_, index) => index + 1);
  const totals = query.steps.map((_, step) => sql`toFloat64(countIf(level > ${sql.integer(step)}))`);
  const times = laterSteps.map((step) => {
    const gap = sql.numbered('gap', step);
    return sql`arraySort(groupArrayIf(${gap}, level > 1 AND ${gap} >= 0)) AS ${sql.numbered('times', step)}`;
  });
  const hasTiming = query.timing && laterSteps.length > 0;
  const timings = hasTiming
    ? sql`[${sql.join(laterSteps.map((step) => timingOf(sql.numbered('times', step))))}]`
    : sql`[]`;
  return sql`SELECT place, any(keys) AS keys, sumForEach(totals) AS totals, any(timings) AS timings, sum(tied) AS tied
    FROM (
      SELECT keys, totals, tied, ${timings} AS timings,
        least(row_number() OVER (ORDER BY totals[1] DESC, keys), ${value((query.breakdown?.limit ?? 1) + 1, 'UInt32')}) AS place
      FROM (
        SELECT ${sql.join([
          sql`keys`,
          sql`[${sql.join(totals)}] AS totals`,
          sql`countIf(tie) AS tied`,
          ...(hasTiming ? times : []),
        ])}
        FROM (${walked}) GROUP BY keys
      )
    ) GROUP BY place ORDER BY place`;
}

export function isTied(rows: readonly FunnelRow[]): boolean {
  return rows.some(({ tied }) => tied > 0);
}

export function funnelResult(query: FunnelQuery, rows: readonly FunnelRow[]): FunnelResult {
  return {
    type: 'funnel',
    series: rows.map((row) => {
      const others = query.breakdown !== undefined && row.place > query.breakdown.limit;
      return {
        breakdown: others ? 'others' : row.keys,
        steps: row.totals.map((total, step): FunnelStep => {
          const timing = others || step === 0 ? undefined : row.timings[step - 1];
          return timing ? { total, timing: stepTiming(timing) } : { total };
        }),
      };
    }),
  };
}
