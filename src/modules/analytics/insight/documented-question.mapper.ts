import type { Operator } from '@dovecote/contract/insights/v1/insights_pb';
import {
  Aggregation as WireAggregation,
  type EventSelector as WireSelector,
  type Filter,
  Granularity as WireGranularity,
  type InsightQuerySpec,
  InsightType,
} from '@dovecote/contract/insights/v1/insights_pb';
import type { Project } from '../../../platform/caller/project.js';
import { isBotScore, storedBotScore, storedName } from '../event/index.js';
import { conditionOf, millisecondsOf, toWindow } from './contract-filters.mapper.js';
import type {
  Aggregation,
  Breakdown,
  EventSelector,
  FunnelQuery,
  Granularity,
  PropertyFilter,
  Question,
  RetentionQuery,
  TrendsQuery,
} from './insight-query.js';

const BREAKDOWN_LIMIT = 10;

const granularities: Readonly<Record<WireGranularity, Granularity>> = {
  [WireGranularity.UNSPECIFIED]: 'day',
  [WireGranularity.HOUR]: 'hour',
  [WireGranularity.DAY]: 'day',
  [WireGranularity.WEEK]: 'week',
};

/** Segmentation is trends of which only the totals are shown. */
export type DocumentedQuery =
  | { readonly type: 'trends' | 'segmentation'; readonly query: TrendsQuery }
  | { readonly type: 'funnel'; readonly query: FunnelQuery }
  | { readonly type: 'retention'; readonly query: RetentionQuery };

/** The type of question that a spec means. */
export function insightTypeOf({ insightType, conversionWindow }: InsightQuerySpec): InsightType {
  if (insightType !== InsightType.UNSPECIFIED) return insightType;
  return conversionWindow ? InsightType.FUNNEL : InsightType.TRENDS;
}

/** The question of `insights.v1`, which `violationsOf` has found nothing wrong with. */
export function toDocumentedQuery(spec: InsightQuerySpec, project: Project): DocumentedQuery {
  const question = toQuestion(spec, project);
  const breakdown = breakdownOf(spec);
  const granularity = granularities[spec.granularity];
  const selectors = spec.events.map(toSelector);
  switch (insightTypeOf(spec)) {
    case InsightType.FUNNEL: {
      const { from, to } = question.window;
      const conversionMs = spec.conversionWindow ? millisecondsOf(spec.conversionWindow) : to - from;
      const query = { ...question, breakdown, steps: selectors, conversionMs, timing: true };
      return { type: 'funnel', query: { ...query, type: 'funnel' } };
    }
    case InsightType.RETENTION: {
      const [start, back = start] = selectors;
      if (!start || !back) throw new RangeError('The contract requires an event.');
      const query = { ...question, breakdown, granularity, start, return: back };
      return { type: 'retention', query: { ...query, type: 'retention' } };
    }
    case InsightType.SEGMENTATION:
      // Its buckets are not shown: the fewer the better.
      return { type: 'segmentation', query: trendsQuery(spec, question, 'month') };
    case InsightType.TRENDS:
    case InsightType.UNSPECIFIED:
      return { type: 'trends', query: trendsQuery(spec, question, granularity) };
  }
}

function trendsQuery(spec: InsightQuerySpec, question: Question, granularity: Granularity): TrendsQuery {
  const aggregation = aggregationOf(spec);
  return {
    ...question,
    type: 'trends',
    granularity,
    events: spec.events.map((event) => ({ ...toSelector(event), aggregation })),
    breakdown: breakdownOf(spec),
    rankBy: 'window',
  };
}

function toQuestion(spec: InsightQuerySpec, { zone }: Project): Question {
  const { start, end } = spec.timeRange ?? {};
  return {
    window: toWindow({ from: start, to: end }),
    zone,
    filters: {
      operator: 'and',
      groups:
        spec.filters.length === 0 ? [] : [{ operator: 'and', filters: spec.filters.map(toDocumentedFilter) }],
    },
    mergeIdentities: true,
    includeBots: false,
    includeCookieless: false,
    reading: { numericStringsCount: false, fallBackToTraits: true },
  };
}

function toSelector({ name, filters }: WireSelector): EventSelector {
  return { kind: name, filters: filters.map(toDocumentedFilter) };
}

/** A filter with which nothing is wrong: see `violationsOfFilter`. */
export function toDocumentedFilter({ property, operator, value, values }: Filter): PropertyFilter {
  const name = storedName(property);
  const stored = (text: string) => (isBotScore(name) ? storedBotScore(text) : text);
  return {
    property: name,
    source: 'event',
    ...conditionOf(conditionOperator(operator), stored(value), values.map(stored)),
  };
}

/** Both contracts number their operators alike. */
function conditionOperator(operator: Operator): Parameters<typeof conditionOf>[0] {
  return operator as number;
}

function aggregationOf({ aggregation, aggregationProperty }: InsightQuerySpec): Aggregation {
  const property = storedName(aggregationProperty);
  switch (aggregation) {
    case WireAggregation.UNSPECIFIED:
    case WireAggregation.COUNT:
      return { type: 'total' };
    case WireAggregation.UNIQUE_USERS:
      return { type: 'unique_users' };
    case WireAggregation.SUM:
      return { type: 'sum', property };
    case WireAggregation.AVERAGE:
      return { type: 'average', property };
  }
}

function breakdownOf({ breakdown }: InsightQuerySpec): Breakdown | undefined {
  return breakdown && { properties: [storedName(breakdown.property)], limit: BREAKDOWN_LIMIT };
}
