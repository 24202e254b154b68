import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type FilterOperator,
  LogicalOperator,
  type PropertyFilter,
  type PropertyFilterSchema,
} from '@dovecote/contract/common/v1/filters_pb';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import * as documented from '@dovecote/contract/insights/v1/insights_pb';
import * as shipped from '@dovecote/contract/shared/insights/v1/insights_pb';
import {
  documentedBotScore,
  documentedName,
  isBotScore,
  storedBotScore,
  storedName,
} from '../event/index.js';
import { insightTypeOf } from '../insight/index.js';

/** How many values of a breakdown the documented contract keeps. */
const DOCUMENTED_LIMIT = 10;
const MOST_FILTERS = 20;
const MOST_EVENTS = 20;
const MOST_VALUES = 100;

const toShippedAggregation: Readonly<Record<documented.Aggregation, shipped.AggregationType>> = {
  [documented.Aggregation.UNSPECIFIED]: shipped.AggregationType.TOTAL,
  [documented.Aggregation.COUNT]: shipped.AggregationType.TOTAL,
  [documented.Aggregation.UNIQUE_USERS]: shipped.AggregationType.UNIQUE_USERS,
  [documented.Aggregation.SUM]: shipped.AggregationType.SUM,
  [documented.Aggregation.AVERAGE]: shipped.AggregationType.AVG,
};
const toDocumentedAggregation = new Map<shipped.AggregationType, documented.Aggregation>([
  [shipped.AggregationType.UNSPECIFIED, documented.Aggregation.COUNT],
  [shipped.AggregationType.TOTAL, documented.Aggregation.COUNT],
  [shipped.AggregationType.UNIQUE_USERS, documented.Aggregation.UNIQUE_USERS],
  [shipped.AggregationType.SUM, documented.Aggregation.SUM],
  [shipped.AggregationType.AVG, documented.Aggregation.AVERAGE],
]);
const toDocumentedType = new Map<shipped.InsightType, documented.InsightType>([
  [shipped.InsightType.TRENDS, documented.InsightType.TRENDS],
  [shipped.InsightType.SEGMENTATION, documented.InsightType.SEGMENTATION],
  [shipped.InsightType.FUNNEL, documented.InsightType.FUNNEL],
  [shipped.InsightType.RETENTION, documented.InsightType.RETENTION],
]);

/** The question of `shared.insights.v1` that shows what one of `insights.v1` asks; its time is left out. */
export function toShippedSpec(spec: documented.InsightQuerySpec): shipped.InsightQuerySpec {
  const insightType = shippedTypeOf(spec);
  const isFunnel = insightType === shipped.InsightType.FUNNEL;
  const isCounted = !isFunnel && insightType !== shipped.InsightType.RETENTION;
  const counting = isCounted
    ? {
        aggregation: toShippedAggregation[spec.aggregation],
        aggregationProperty: storedName(spec.aggregationProperty),
      }
    : {};
  return create(shipped.InsightQuerySpecSchema, {
    insightType,
    events: spec.events.map(({ name, filters }) => ({
      event: { kind: name, filters: filters.map(toShippedFilter) },
      ...counting,
    })),
    filterGroups:
      spec.filters.length > 0
        ? [{ filters: spec.filters.map(toShippedFilter), operator: LogicalOperator.AND }]
        : [],
    ...(spec.breakdown && {
      breakdowns: [{ property: storedName(spec.breakdown.property) }],
      breakdownLimit: DOCUMENTED_LIMIT,
    }),
    ...(isFunnel && { conversionWindow: spec.conversionWindow, includeStepTiming: true }),
  });
}

/** One number is one number; several beside each other are lines over time, which the shipped contract has for them. */
function shippedTypeOf(spec: documented.InsightQuerySpec): shipped.InsightType {
  switch (insightTypeOf(spec)) {
    case documented.InsightType.FUNNEL:
      return shipped.InsightType.FUNNEL;
    case documented.InsightType.RETENTION:
      return shipped.InsightType.RETENTION;
    case documented.InsightType.SEGMENTATION:
      return spec.events.length === 1 && !spec.breakdown
        ? shipped.InsightType.SEGMENTATION
        : shipped.InsightType.TRENDS;
    case documented.InsightType.TRENDS:
    case documented.InsightType.UNSPECIFIED:
      return shipped.InsightType.TRENDS;
  }
}

type ShippedFilter = Exclude<MessageInitShape<typeof PropertyFilterSchema>, { $typeName: string }>;

function toShippedFilter({ property, operator, value, values }: documented.Filter): ShippedFilter {
  const name = storedName(property);
  const stored = (text: string) => (isBotScore(name) ? storedBotScore(text) : text);
  // Both contracts number their operators alike.
  const shared = operator as number as FilterOperator;
  return { property: name, operator: shared, value: stored(value), values: values.map(stored) };
}

/** The question of `insights.v1` that asks the same; undefined for what that contract cannot say. */
export function toDocumentedSpec(spec: shipped.InsightQuerySpec): documented.InsightQuerySpec | undefined {
  const insightType = toDocumentedType.get(spec.insightType);
  const events = eventsOf(spec);
  const filters = filtersOf(spec);
  const counted = countedOf(spec);
  if (insightType === undefined || !events || !filters || !counted) return undefined;
  if (spec.session || spec.includeBots || spec.includeCookieless) return undefined;
  if (spec.breakdowns.length > 1 || ![0, DOCUMENTED_LIMIT].includes(spec.breakdownLimit)) return undefined;
  // There it is one number for each event, here one for all.
  const isOneNumber = insightType === documented.InsightType.SEGMENTATION;
  if (isOneNumber && events.length > 1) return undefined;
  if (insightType === documented.InsightType.FUNNEL && events.length < 2) return undefined;
  const [breakdown] = spec.breakdowns;
  return create(documented.InsightQuerySpecSchema, {
    insightType,
    events,
    filters,
    ...counted,
    ...(breakdown && { breakdown: { property: documentedName(breakdown.property) } }),
    conversionWindow: spec.conversionWindow,
  });
}

type EventInit = Exclude<MessageInitShape<typeof documented.EventSelectorSchema>, { $typeName: string }>;
type FilterInit = Exclude<MessageInitShape<typeof documented.FilterSchema>, { $typeName: string }>;

function eventsOf({ events }: shipped.InsightQuerySpec): EventInit[] | undefined {
  if (events.length === 0 || events.length > MOST_EVENTS) return undefined;
  const selectors = events.map(({ event }) => {
    const filters = event && toDocumentedFilters(event.filters);
    return event?.kind && filters ? { name: event.kind, filters } : undefined;
  });
  return everyOne(selectors);
}

/** Conditions that all must hold are one list, however they are grouped. */
function filtersOf({
  filterGroups,
  filterGroupsOperator,
}: shipped.InsightQuerySpec): FilterInit[] | undefined {
  const isAny = filterGroups.length > 1 && filterGroupsOperator === LogicalOperator.OR;
  const hasAny = filterGroups.some(
    ({ filters, operator }) => filters.length > 1 && operator === LogicalOperator.OR,
  );
  if (isAny || hasAny) return undefined;
  return toDocumentedFilters(filterGroups.flatMap(({ filters }) => filters));
}

function countedOf({
  insightType,
  events,
}: shipped.InsightQuerySpec):
  { aggregation: documented.Aggregation; aggregationProperty: string } | undefined {
  const isCounted = [shipped.InsightType.TRENDS, shipped.InsightType.SEGMENTATION].includes(insightType);
  const [first] = events;
  if (!isCounted || !first)
    return { aggregation: documented.Aggregation.UNSPECIFIED, aggregationProperty: '' };
  const [aggregation, ...others] = new Set(
    events.map((event) => toDocumentedAggregation.get(event.aggregation)),
  );
  const properties = new Set(events.map(({ aggregationProperty }) => aggregationProperty));
  if (aggregation === undefined || others.length > 0 || properties.size > 1) return undefined;
  return { aggregation, aggregationProperty: documentedName(first.aggregationProperty) };
}

function toDocumentedFilters(filters: readonly PropertyFilter[]): FilterInit[] | undefined {
  if (filters.length > MOST_FILTERS) return undefined;
  return everyOne(filters.map(toDocumentedFilter));
}

function toDocumentedFilter({
  property,
  operator,
  value,
  values,
  source,
}: PropertyFilter): FilterInit | undefined {
  if (source === PropertySource.PROFILE || values.length > MOST_VALUES) return undefined;
  const shown = (text: string) => (isBotScore(property) ? documentedBotScore(text) : text);
  // Both contracts number their operators alike.
  const shared = operator as number as documented.Operator;
  return {
    property: documentedName(property),
    operator: shared,
    value: shown(value),
    values: values.map(shown),
  };
}

function everyOne<T>(all: readonly (T | undefined)[]): T[] | undefined {
  const there = all.filter((one) => one !== undefined);
  return there.length === all.length ? there : undefined;
}
