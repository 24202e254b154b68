import type { InsightQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { BreakdownKey, InsightResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { bucketsOf } from '../naive/calendar.js';

/**
 * An answer in a few lines that a person can work out and read. Times are `dd` or `dd hh:mm` of their month, UTC.
 * Breakdowns are written before the values: `pro,SE`; `(others)`; `(all)` when there is none. Cohorts have a value for each
 * bucket from their own to the end of the window.
 */
export function linesOf(query: InsightQuery, result: InsightResult): string[] {
  switch (result.type) {
    case 'trends':
      return result.series.map(
        ({ event, kind, breakdown, points, total }) =>
          `${event} ${kind} ${name(breakdown)}: ${points.map(({ time, value }) => `${day(time)}=${value}`).join(' ')} total ${total}`,
      );
    case 'segmentation':
      return [String(result.total)];
    case 'sessions':
      return result.series.map(
        ({ breakdown, points, total }) =>
          `${name(breakdown)}: ${points.map(({ time, value }) => `${day(time)}=${value}`).join(' ')} total ${total}`,
      );
    case 'funnel':
      return result.series.flatMap(({ breakdown, steps }) => [
        `${name(breakdown)}: ${steps.map(({ total }) => total).join(' ')}`,
        ...steps.flatMap(({ timing }, step) =>
          timing
            ? [
                `  step ${step + 1}: ${timing.average} ${timing.median} ${timing.p95} [${timing.distribution.join(' ')}]`,
              ]
            : [],
        ),
      ]);
    case 'retention':
      return result.series.flatMap(({ breakdown, cohorts }) =>
        cohorts.map(
          ({ time, size, points }) =>
            `${name(breakdown)} ${day(time)}: ${size}: ${bucketsSince(query, time)
              .map((start) => points.find((point) => point.time === start)?.value ?? 0)
              .join(' ')}`,
        ),
      );
    case 'user_flow': {
      const label = (position: number) => {
        const node = result.nodes[position];
        return node?.others ? '(others)' : (node?.label ?? '?');
      };
      return [
        ...result.links.map(
          ({ source, target, value }) =>
            `${result.nodes[source]?.depth} ${label(source)} > ${label(target)}: ${value}`,
        ),
        `nodes: ${result.nodes.map(({ depth }, position) => `${depth} ${label(position)}`).join(', ')}`,
      ];
    }
    case 'top_k':
    case 'map':
      return result.rows.map(
        ({ label, value, others, profile }) =>
          `${others ? '(others)' : label}: ${value}${profile ? ` ${profile.externalId}` : ''}`,
      );
    case 'lifecycle':
      return result.buckets.map(
        (bucket) =>
          `${day(bucket.time)}: ${bucket.new} ${bucket.returning} ${bucket.resurrecting} ${bucket.dormant}`,
      );
    case 'stickiness':
      return [result.persons.join(' ')];
  }
}

function bucketsSince(query: InsightQuery, time: number): readonly number[] {
  if (query.type !== 'retention') {
    return [];
  }
  return bucketsOf(query.window, query.granularity, query.zone).filter((start) => start >= time);
}

function name(breakdown: BreakdownKey): string {
  if (breakdown === 'others') {
    return '(others)';
  }
  return breakdown.length === 0 ? '(all)' : breakdown.join(',');
}

function day(time: number): string {
  const iso = new Date(time).toISOString();
  const [date = '', clock = ''] = iso.split('T');
  return clock.startsWith('00:00') ? date.slice(8) : `${date.slice(8)} ${clock.slice(0, 5)}`;
}
