import {
  AggregationType,
  type EventQuery,
  Granularity as WireGranularity,
  type InsightQuerySpec,
  InsightType,
  type QueryRequest,
  type SegmentUsersRequest,
  SessionMetric as WireMetric,
  TopKQuery_Dimension,
  UserFlowQuery_NodeKind,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { Project } from '../../../platform/caller/project.js';
import { millisecondsOf, toFilterGroups, toSelector, toWindow } from './contract-filters.mapper.js';
import type {
  Aggregation,
  Breakdown,
  EventSelector,
  Granularity,
  InsightQuery,
  Question,
  SessionMetric,
  SessionsQuery,
  Window,
} from './insight-query.js';
import {
  invalidQuery,
  refuseEqualSelectors,
  refuseManySelectors,
  refuseUnboundedSelectors,
} from './question.rules.js';
import type { SegmentUsersQuery } from './segment-users.js';

const DEFAULT_BREAKDOWN_LIMIT = 10;
const DEFAULT_TOP = 10;
const DEFAULT_PAGE = 100;
const DEFAULT_HOPS = 5;
const DEFAULT_NODES = 20;
const DEFAULT_LINKS = 250;

/** What each granularity of the contract means. */
export const granularities: Readonly<Record<WireGranularity, Granularity>> = {
  [WireGranularity.UNSPECIFIED]: 'day',
  [WireGranularity.MINUTE]: 'minute',
  [WireGranularity.HOUR]: 'hour',
  [WireGranularity.DAY]: 'day',
  [WireGranularity.WEEK]: 'week',
  [WireGranularity.MONTH]: 'month',
};

const metrics: Readonly<Record<WireMetric, SessionMetric>> = {
  [WireMetric.UNSPECIFIED]: 'sessions',
  [WireMetric.SESSIONS]: 'sessions',
  [WireMetric.AVG_DURATION]: 'average_duration',
  [WireMetric.BOUNCE_RATE]: 'bounce_rate',
  [WireMetric.ENTRY]: 'entry',
  [WireMetric.EXIT]: 'exit',
  [WireMetric.AVG_EVENTS_PER_SESSION]: 'average_events',
};

/** The question of `shared.insights.v1`, about its range or another window. Throws INVALID_INSIGHT_QUERY for one that its rules allow and that has no answer. */
export function toQuery(
  { spec, timeRange, granularity }: QueryRequest,
  project: Project,
  window = toWindow(timeRange),
): InsightQuery {
  if (!spec) throw new RangeError('The contract requires a question.');
  const question = toQuestion(spec, window, project);
  switch (spec.insightType) {
    case InsightType.TRENDS:
      return spec.session
        ? sessionsQuery(question, spec, granularities[granularity])
        : trendsQuery(question, spec, granularities[granularity]);
    case InsightType.SEGMENTATION:
      return spec.session ? sessionsQuery(question, spec) : segmentationQuery(question, spec);
    case InsightType.FUNNEL:
      return funnelQuery(question, spec);
    case InsightType.RETENTION:
      return retentionQuery(question, spec, granularities[granularity]);
    case InsightType.USER_FLOW:
      return userFlowQuery(question, spec);
    case InsightType.TOP_K:
      return topKQuery(question, spec);
    case InsightType.MAP:
      return {
        ...question,
        type: 'map',
        scope: toSelector(spec.map?.scope),
        aggregation: aggregationOf(spec.map?.metric, spec.map?.metricProperty),
      };
    case InsightType.UNSPECIFIED:
      throw invalidQuery('insight_type is required');
  }
}

export function toSegmentUsersQuery(request: SegmentUsersRequest, project: Project): SegmentUsersQuery {
  return {
    ...commonOf(toWindow(request.timeRange), project),
    filters: toFilterGroups(request.filterGroups, request.filterGroupsOperator),
    includeBots: false,
    includeCookieless: false,
    events: request.events.map(({ event }) => toSelector(event)),
    after: request.pageToken,
    limit: request.pageSize || DEFAULT_PAGE,
  };
}

function toQuestion(spec: InsightQuerySpec, window: Window, project: Project): Question {
  return {
    ...commonOf(window, project),
    filters: toFilterGroups(spec.filterGroups, spec.filterGroupsOperator),
    includeBots: spec.includeBots,
    includeCookieless: spec.includeCookieless,
  };
}

/** What questions of the shared contract have in common. */
export function commonOf(window: Window, { zone, mergeIdentities }: Project) {
  return { window, zone, mergeIdentities, reading: { numericStringsCount: true, fallBackToTraits: false } };
}

function trendsQuery(question: Question, spec: InsightQuerySpec, granularity: Granularity): InsightQuery {
  const events = spec.events.map((event) => ({
    ...toSelector(event.event),
    aggregation: aggregationOfEvent(event),
  }));
  throwIf(refuseManySelectors(events) ?? refuseEqualSelectors(events));
  const everything = { kind: '', filters: [], aggregation: { type: 'total' } as const };
  return {
    ...question,
    type: 'trends',
    granularity,
    events: events.length === 0 ? [everything] : events,
    breakdown: breakdownOf(spec),
    rankBy: 'sum_of_buckets',
  };
}

/** The first event's aggregation, over the events that match any. */
function segmentationQuery(question: Question, spec: InsightQuerySpec): InsightQuery {
  const [first] = spec.events;
  const events = selectorsOf(spec.events);
  throwIf(refuseManySelectors(events));
  return {
    ...question,
    type: 'segmentation',
    events: first ? events : [{ kind: '', filters: [] }],
    aggregation: first ? aggregationOfEvent(first) : { type: 'total' },
  };
}

function sessionsQuery(question: Question, spec: InsightQuerySpec, granularity?: Granularity): SessionsQuery {
  return {
    ...question,
    type: 'sessions',
    metric: metrics[spec.session?.metric ?? WireMetric.SESSIONS],
    scope: toSelector(spec.session?.scope),
    granularity,
    breakdown: breakdownOf(spec),
  };
}

function funnelQuery(question: Question, spec: InsightQuerySpec): InsightQuery {
  const steps = selectorsOf(spec.events);
  throwIf(refuseUnboundedSelectors(steps));
  const { from, to } = question.window;
  return {
    ...question,
    type: 'funnel',
    steps,
    conversionMs: spec.conversionWindow ? millisecondsOf(spec.conversionWindow) : to - from,
    timing: spec.includeStepTiming,
    breakdown: breakdownOf(spec),
  };
}

function retentionQuery(question: Question, spec: InsightQuerySpec, granularity: Granularity): InsightQuery {
  const events = selectorsOf(spec.events);
  throwIf(refuseUnboundedSelectors(events));
  const [start, back = start] = events;
  if (!start || !back) throw invalidQuery('retention needs an event');
  return { ...question, type: 'retention', granularity, start, return: back, breakdown: breakdownOf(spec) };
}

function userFlowQuery(question: Question, { userFlow }: InsightQuerySpec): InsightQuery {
  return {
    ...question,
    type: 'user_flow',
    node:
      userFlow?.nodeKind === UserFlowQuery_NodeKind.PROPERTY
        ? { type: 'property', property: userFlow.nodeProperty }
        : { type: 'kind' },
    scope: toSelector(userFlow?.scope),
    maxHops: userFlow?.maxHops || DEFAULT_HOPS,
    maxNodes: userFlow?.maxNodes || DEFAULT_NODES,
    maxLinks: userFlow?.maxLinks || DEFAULT_LINKS,
  };
}

function topKQuery(question: Question, { topK }: InsightQuerySpec): InsightQuery {
  if (!topK) throw invalidQuery('top_k is required');
  return {
    ...question,
    type: 'top_k',
    dimension: dimensionOf(topK.dimension, topK.property),
    scope: toSelector(topK.scope),
    aggregation: aggregationOf(topK.metric, topK.metricProperty),
    limit: topK.limit || DEFAULT_TOP,
    others: !topK.omitOthers,
  };
}

function dimensionOf(dimension: TopKQuery_Dimension, property: string) {
  switch (dimension) {
    case TopKQuery_Dimension.PROPERTY:
      return { type: 'property', property } as const;
    case TopKQuery_Dimension.EVENT_KIND:
      return { type: 'kind' } as const;
    case TopKQuery_Dimension.USER:
      return { type: 'person' } as const;
    case TopKQuery_Dimension.UNSPECIFIED:
      throw invalidQuery('dimension is required');
  }
}

function aggregationOfEvent({ aggregation, aggregationProperty }: EventQuery): Aggregation {
  return aggregationOf(aggregation, aggregationProperty);
}

function aggregationOf(type: AggregationType | undefined, property = ''): Aggregation {
  switch (type) {
    case undefined:
    case AggregationType.UNSPECIFIED:
    case AggregationType.TOTAL:
      return { type: 'total' };
    case AggregationType.UNIQUE_USERS:
      return { type: 'unique_users' };
    case AggregationType.PER_USER_AVG:
      return { type: 'per_user_average' };
    case AggregationType.SUM:
      return { type: 'sum', property };
    case AggregationType.AVG:
      return { type: 'average', property };
    case AggregationType.MIN:
      return { type: 'minimum', property };
    case AggregationType.MAX:
      return { type: 'maximum', property };
  }
}

function selectorsOf(events: readonly EventQuery[]): EventSelector[] {
  return events.map(({ event }) => toSelector(event));
}

function breakdownOf({ breakdowns, breakdownLimit }: InsightQuerySpec): Breakdown | undefined {
  if (breakdowns.length === 0) return undefined;
  return {
    properties: breakdowns.map(({ property }) => property),
    limit: breakdownLimit || DEFAULT_BREAKDOWN_LIMIT,
  };
}

function throwIf(refusal: Error | undefined): void {
  if (refusal) throw refusal;
}
