import type { InsightQuery, Question } from '../../src/modules/analytics/insight/insight-query.js';
import type { InsightResult } from '../../src/modules/analytics/insight/insight-result.js';
import { HISTORY, WEEKS } from './window.js';

/** The names of what is asked; each has SQL by hand for the engine and for PostgreSQL. */
export type Asked =
  | 'trends'
  | 'trends by country'
  | 'segmentation'
  | 'sessions'
  | 'funnel'
  | 'retention'
  | 'user flow'
  | 'top K'
  | 'map'
  | 'lifecycle'
  | 'stickiness';

export const FUNNEL = ['page_view', 'add_to_cart', 'purchase'];
export const CONVERSION_MS = 86_400_000;
export const KEPT = 10;
export const HOPS = 5;
export const MOST_LINKS = 250;
/** Two kinds, so that neither is read alone. */
export const SEGMENT = ['add_to_cart', 'purchase'];

export function questions(mergeIdentities: boolean): Readonly<Record<Asked, InsightQuery>> {
  const common: Question = {
    window: HISTORY,
    zone: 'UTC',
    filters: { operator: 'and', groups: [] },
    mergeIdentities,
    includeBots: false,
    includeCookieless: false,
    reading: { numericStringsCount: true, fallBackToTraits: false },
  };
  const of = (kind: string) => ({ kind, filters: [] });
  const views = of('page_view');
  const total = { type: 'total' } as const;
  const uniques = { type: 'unique_users' } as const;
  const daily = { ...common, granularity: 'day' } as const;
  return {
    trends: { ...daily, type: 'trends', events: [{ ...views, aggregation: uniques }], rankBy: 'window' },
    'trends by country': {
      ...{ ...daily, type: 'trends', rankBy: 'window' },
      events: [{ ...views, aggregation: total }],
      breakdown: { properties: ['$country'], limit: KEPT },
    },
    segmentation: { ...common, type: 'segmentation', events: SEGMENT.map(of), aggregation: uniques },
    sessions: { ...daily, type: 'sessions', metric: 'average_duration', scope: of('') },
    funnel: { ...common, type: 'funnel', steps: FUNNEL.map(of), conversionMs: CONVERSION_MS, timing: false },
    retention: { ...common, type: 'retention', granularity: 'week', start: of('sign_up'), return: views },
    'user flow': {
      ...{ ...common, type: 'user_flow', node: { type: 'kind' }, scope: of('') },
      ...{ maxHops: HOPS, maxNodes: 20, maxLinks: MOST_LINKS },
    },
    'top K': {
      ...{ ...common, type: 'top_k', scope: views, aggregation: uniques, limit: KEPT, others: true },
      dimension: { type: 'property', property: '$pathname' },
    },
    map: { ...common, type: 'map', scope: views, aggregation: uniques },
    lifecycle: { ...common, window: WEEKS, type: 'lifecycle', granularity: 'week', event: views },
    stickiness: { ...daily, type: 'stickiness', event: views },
  };
}

/** An answer as numbers by name, in which zeros are left out: the form in which answers are compared. */
export type Cells = ReadonlyMap<string, number>;

/** Rows of SQL by hand: all columns but the last name the number in the last one. */
export function cellsOfRows(rows: readonly (readonly unknown[])[]): Cells {
  return cells(rows.map((row) => [row.slice(0, -1).join(' '), Number(row.at(-1))]));
}

/** Names as the SQL by hand makes them; a value over the whole window has the time 0. */
export function cellsOfResult(result: InsightResult): Cells {
  switch (result.type) {
    case 'trends':
    case 'sessions':
      return cells(
        result.series.flatMap(({ breakdown, points, total }) => {
          const label = breakdown === 'others' ? ['$others'] : breakdown;
          const named = (time: number): string => [...label, time].join(' ');
          return [
            ...points.map(({ time, value }) => [named(time), value] as const),
            [named(0), total] as const,
          ];
        }),
      );
    case 'segmentation':
      return cells([['total', result.total]]);
    case 'funnel':
      return cells(
        result.series.flatMap(({ steps }) => steps.map(({ total }, index) => [`${index + 1}`, total])),
      );
    case 'retention':
      return cells(
        result.series.flatMap(({ cohorts }) =>
          cohorts.flatMap(({ time, size, points }) => [
            [`${time} 0`, size] as const,
            ...points.map((point) => [`${time} ${point.time}`, point.value] as const),
          ]),
        ),
      );
    case 'user_flow':
      return cells(
        result.links.map(({ source, target, value }) => {
          const [from, to] = [result.nodes[source], result.nodes[target]];
          return [`${from?.depth} ${from?.label} ${to?.label}`, value];
        }),
      );
    case 'top_k':
    case 'map':
      return cells(result.rows.map(({ label, value }) => [label, value]));
    case 'lifecycle':
      return cells(
        result.buckets.flatMap(({ time, dormant, ...states }) => [
          ...Object.entries(states).map(([state, persons]) => [`${time} ${state}`, persons] as const),
          [`${time} dormant`, -dormant] as const,
        ]),
      );
    case 'stickiness':
      return cells(result.persons.map((persons, index) => [`${index + 1}`, persons]));
  }
}

function cells(entries: readonly (readonly [string, number])[]): Cells {
  return new Map(entries.filter(([, value]) => value !== 0));
}

/** Throws when two answers differ; sums of fractions may be rounded differently. */
export function expectSameCells(asked: string, ours: Cells, theirs: Cells): void {
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  const different = [...names].filter((name) => {
    const [left, right] = [ours.get(name) ?? 0, theirs.get(name) ?? 0];
    return Math.abs(left - right) > 1e-9 * Math.max(Math.abs(left), Math.abs(right));
  });
  if (ours.size === 0) throw new Error(`${asked} has no answer.`);
  const [first] = different;
  if (first === undefined) return;
  throw new Error(
    `${asked}: ${different.length} of ${names.size} numbers differ, such as ${first}: ${ours.get(first)} and ${theirs.get(first)}.`,
  );
}
