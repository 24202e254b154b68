import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type {
  FunnelStepSchema,
  QueryResponseSchema,
  RetentionCohortSchema,
} from '@dovecote/contract/insights/v1/insights_pb';
import { documentedBotNumber, documentedBotScore, isBotScore } from '../event/index.js';
import { filled, filledCohorts } from './filled-series.rules.js';
import type { Aggregation, Breakdown, FunnelQuery, RetentionQuery, TrendsQuery } from './insight-query.js';
import type {
  BreakdownKey,
  FunnelResult,
  FunnelStep,
  RetentionResult,
  TrendsResult,
} from './insight-result.js';

type Response = MessageInitShape<typeof QueryResponseSchema>;

/** By event in the order of the question, then rank, then time. Without an event the totals are 0. */
export function toTrends(query: TrendsQuery, { series }: TrendsResult): Response {
  return {
    series: filled(query.events, series).flatMap(({ event, kind, breakdown, points }) =>
      points.map(({ time, value }) => ({
        timestamp: timestampFromMs(time),
        value: documentedValue(query.events[event]?.aggregation, value),
        event: kind,
        breakdown: textOf(query, breakdown),
      })),
    ),
    totals: toTotals(query, series),
  };
}

export function toSegmentation(query: TrendsQuery, { series }: TrendsResult): Response {
  return { totals: toTotals(query, series) };
}

function toTotals(query: TrendsQuery, series: TrendsResult['series']): Response['totals'] {
  return query.events.flatMap(({ kind, aggregation }, event) => {
    const own = series.filter((one) => one.event === event);
    if (own.length === 0 && !query.breakdown) return [{ event: kind, breakdown: '', value: 0 }];
    return own.map(({ breakdown, total }) => ({
      event: kind,
      breakdown: textOf(query, breakdown),
      value: documentedValue(aggregation, total),
    }));
  });
}

/** `groups`: the same question with its breakdown; undefined: it has none. */
export function toFunnel(query: FunnelQuery, everyone: FunnelResult, groups?: FunnelResult): Response {
  const none = query.steps.map((): FunnelStep => ({ total: 0 }));
  return {
    funnel: {
      steps: toSteps(query, everyone.series[0]?.steps ?? none),
      groups: (groups?.series ?? []).map(({ breakdown, steps }) => ({
        breakdown: textOf(query, breakdown),
        steps: toSteps(query, steps),
      })),
    },
  };
}

function toSteps(
  query: FunnelQuery,
  steps: readonly FunnelStep[],
): MessageInitShape<typeof FunnelStepSchema>[] {
  const first = steps[0]?.total ?? 0;
  return steps.map(({ total, timing }, index) => ({
    event: query.steps[index]?.kind ?? '',
    count: total,
    conversionRate: share(total, first),
    stepConversionRate: share(total, steps[index - 1]?.total ?? first),
    averageTime: timing && durationFromMs(Math.round(timing.average)),
  }));
}

/** Every cohort to the end of the window, zeros included. */
export function toRetention(query: RetentionQuery, result: RetentionResult): Response {
  return {
    retention: {
      cohorts: filledCohorts(query, result).flatMap(({ breakdown, cohorts }) =>
        cohorts.map(({ time, size, points }): MessageInitShape<typeof RetentionCohortSchema> => ({
          timestamp: timestampFromMs(time),
          size,
          points: points.map(({ time: bucket, value }) => ({
            timestamp: timestampFromMs(bucket),
            users: value,
            rate: share(value, size),
          })),
          breakdown: textOf(query, breakdown),
        })),
      ),
    },
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function documentedValue(aggregation: Aggregation | undefined, value: number): number {
  const isScore = aggregation && 'property' in aggregation && isBotScore(aggregation.property);
  return isScore ? documentedBotNumber(value) : value;
}

function textOf({ breakdown }: { readonly breakdown?: Breakdown }, key: BreakdownKey): string {
  if (key === 'others') return '$others';
  const [name = ''] = breakdown?.properties ?? [];
  const [text = ''] = key;
  return isBotScore(name) ? documentedBotScore(text) : text;
}
