import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Duration, durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { QueryResponseSchema } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { compareBreakdowns, filled } from './filled-series.rules.js';
import type {
  Breakdown,
  FunnelQuery,
  InsightQuery,
  RetentionQuery,
  SessionsQuery,
  TrendsQuery,
} from './insight-query.js';
import type {
  BreakdownKey,
  FunnelResult,
  InsightResult,
  Point,
  RetentionResult,
  SessionsResult,
  StepTiming,
  TopKResult,
  TrendsResult,
  UserFlowResult,
} from './insight-result.js';
import { compareTexts } from './series.js';

type Response = MessageInitShape<typeof QueryResponseSchema>;
type Result = NonNullable<Response['result']>;
type ResultOf<Case extends string> = Extract<Result, { case: Case }>['value'];

/** The answer of `shared.insights.v1` to a question that its mapper made. */
export function toResponse(query: InsightQuery, result: InsightResult): Response {
  return { result: toResult(query, result) };
}

function toResult(query: InsightQuery, result: InsightResult): Result {
  if (query.type === 'trends' && result.type === 'trends')
    return { case: 'trends', value: trends(query, result) };
  if (query.type === 'sessions' && result.type === 'sessions') return sessions(query, result);
  if (query.type === 'funnel' && result.type === 'funnel')
    return { case: 'funnel', value: funnel(query, result) };
  if (query.type === 'retention' && result.type === 'retention')
    return { case: 'retention', value: retention(query, result) };
  if (result.type === 'segmentation') return { case: 'segmentation', value: { total: result.total } };
  if (result.type === 'user_flow') return { case: 'userFlow', value: userFlow(result) };
  if (result.type === 'top_k' || result.type === 'map') return { case: 'topK', value: topK(result) };
  throw new RangeError(`The contract has no answer to ${query.type}.`);
}

/** With a breakdown by kind, then rank; without by the first point, then kind. */
function trends(query: TrendsQuery, result: TrendsResult): ResultOf<'trends'> {
  const series = filled(query.events, result.series).toSorted(
    query.breakdown
      ? (left, right) => compareTexts(left.kind, right.kind)
      : (left, right) => firstTime(left) - firstTime(right) || compareTexts(left.kind, right.kind),
  );
  return {
    series: series.map(({ kind, breakdown, points }) => ({
      eventKind: kind,
      breakdown: breakdownMap(query.breakdown, breakdown),
      points: points.map(toPoint),
    })),
  };
}

function firstTime({ points }: { readonly points: readonly Point[] }): number {
  return points[0]?.time ?? 0;
}

function sessions(query: SessionsQuery, { series }: SessionsResult): Result {
  if (!query.granularity) return { case: 'segmentation', value: { total: series[0]?.total ?? 0 } };
  const value = {
    series: series.map(({ breakdown, points }) => ({
      eventKind: query.scope.kind || '$session',
      breakdown: breakdownMap(query.breakdown, breakdown),
      points: points.map(toPoint),
    })),
  };
  return { case: 'trends', value };
}

/** Sorted by the values that the caller sees, `$others` among them. */
function funnel(query: FunnelQuery, result: FunnelResult): ResultOf<'funnel'> {
  const shown = (breakdown: BreakdownKey) => (breakdown === 'others' ? ['$others'] : breakdown);
  const series = result.series.toSorted((left, right) =>
    compareBreakdowns(shown(left.breakdown), shown(right.breakdown)),
  );
  return {
    series: series.map(({ breakdown, steps }) => ({
      breakdown: breakdownMap(query.breakdown, breakdown),
      steps: steps.map(({ total, timing }, index) => ({
        eventKind: query.steps[index]?.kind ?? '',
        total,
        timing: timing && toTiming(timing),
      })),
    })),
  };
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const spans: readonly { readonly label: string; readonly upperMs?: number }[] = [
  { label: '0-30s', upperMs: 30 * SECOND_MS },
  { label: '30s-2m', upperMs: 2 * MINUTE_MS },
  { label: '2-5m', upperMs: 5 * MINUTE_MS },
  { label: '5-15m', upperMs: 15 * MINUTE_MS },
  { label: '15-60m', upperMs: HOUR_MS },
  { label: '1-6h', upperMs: 6 * HOUR_MS },
  { label: '6-24h', upperMs: 24 * HOUR_MS },
  { label: '24h+' },
];

function toTiming({ average, median, p95, distribution }: StepTiming) {
  return {
    avg: toDuration(average),
    median: toDuration(median),
    p95: toDuration(p95),
    distribution: spans.map(({ label, upperMs }, index) => ({
      label,
      upperBound: upperMs === undefined ? undefined : toDuration(upperMs),
      count: BigInt(distribution[index] ?? 0),
    })),
  };
}

function toDuration(milliseconds: number): Duration {
  const whole = durationFromMs(Math.floor(milliseconds));
  return { ...whole, nanos: whole.nanos + Math.round((milliseconds % 1) * 1_000_000) };
}

/** In percent; cohorts of which no person returned are left out, and so are series of such cohorts only. */
function retention(query: RetentionQuery, result: RetentionResult): ResultOf<'retention'> {
  const series = result.series.toSorted((left, right) => compareBreakdowns(left.breakdown, right.breakdown));
  return {
    series: series
      .map(({ breakdown, cohorts }) => ({
        breakdown: breakdownMap(query.breakdown, breakdown),
        cohorts: cohorts.filter(({ points }) => points.length > 0).map(toCohort),
      }))
      .filter(({ cohorts }) => cohorts.length > 0),
  };
}

function toCohort({ time, size, points }: RetentionResult['series'][number]['cohorts'][number]) {
  return {
    cohort: new Date(time).toISOString().replace('.000Z', 'Z'),
    cohortSize: size,
    points: points.map(({ time: bucket, value }) => toPoint({ time: bucket, value: (100 * value) / size })),
  };
}

function userFlow({ nodes, links }: UserFlowResult): ResultOf<'userFlow'> {
  const labels = new Set(nodes.filter(({ others }) => !others).map(({ label }) => label));
  let bucket = '$others';
  while (labels.has(bucket)) bucket += '_';
  const ids = nodes.map(({ depth, label, others }) => `${depth}:${others ? bucket : label}`);
  const idOf = (position: number) => ids[position] ?? '';
  return {
    nodes: nodes.map(({ depth, label, others }, index) => ({
      id: idOf(index),
      isOthers: others,
      depth,
      label: others ? bucket : label,
    })),
    links: links.map(({ source, target, value }) => ({
      source: idOf(source),
      target: idOf(target),
      value: BigInt(value),
    })),
  };
}

function topK({ rows }: TopKResult): ResultOf<'topK'> {
  return {
    rows: rows.map(({ label, value, others, profile }) => ({
      dimensionValue: label,
      value,
      isOthers: others,
      profile,
    })),
  };
}

function breakdownMap(breakdown: Breakdown | undefined, key: BreakdownKey): Record<string, string> {
  const properties = breakdown?.properties ?? [];
  return Object.fromEntries(
    properties.map((property, index) => [property, key === 'others' ? '$others' : (key[index] ?? '')]),
  );
}

function toPoint({ time, value }: Point) {
  return { time: timestampFromMs(time), value };
}
