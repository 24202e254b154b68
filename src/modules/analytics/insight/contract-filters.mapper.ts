import {
  LogicalOperator as WireLogical,
  FilterOperator,
  type EventFilter,
  type PropertyFilter as WireFilter,
} from '@dovecote/contract/common/v1/filters_pb';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import type { FilterGroup as WireGroup } from '@dovecote/contract/shared/insights/v1/insights_pb';
import type {
  Condition,
  EventSelector,
  FilterGroups,
  LogicalOperator,
  PropertyFilter,
  Window,
} from './insight-query.js';

/** The rules of the contract have been checked: numbers are numbers, and there are as many as the operator takes. */
export function conditionOf(operator: FilterOperator, text: string, texts: readonly string[]): Condition {
  const [low, high] = [Number(texts[0]), Number(texts[1])];
  switch (operator) {
    case FilterOperator.EQUALS:
      return { operator: 'equals', value: text };
    case FilterOperator.NOT_EQUALS:
      return { operator: 'not_equals', value: text };
    case FilterOperator.CONTAINS:
      return { operator: 'contains', value: text };
    case FilterOperator.NOT_CONTAINS:
      return { operator: 'not_contains', value: text };
    case FilterOperator.IS_SET:
      return { operator: 'is_set' };
    case FilterOperator.IS_NOT_SET:
      return { operator: 'is_not_set' };
    case FilterOperator.LT:
      return { operator: 'lt', value: Number(text) };
    case FilterOperator.LTE:
      return { operator: 'lte', value: Number(text) };
    case FilterOperator.GT:
      return { operator: 'gt', value: Number(text) };
    case FilterOperator.GTE:
      return { operator: 'gte', value: Number(text) };
    case FilterOperator.IN:
      return { operator: 'in', values: texts };
    case FilterOperator.NOT_IN:
      return { operator: 'not_in', values: texts };
    case FilterOperator.BETWEEN:
      return { operator: 'between', low, high };
    case FilterOperator.NOT_BETWEEN:
      return { operator: 'not_between', low, high };
    case FilterOperator.UNSPECIFIED:
      throw new RangeError('The contract requires an operator.');
  }
}

export function toFilter(filter: WireFilter): PropertyFilter {
  return {
    property: filter.property,
    source: filter.source === PropertySource.PROFILE ? 'profile' : 'event',
    ...conditionOf(filter.operator, filter.value, filter.values),
  };
}

/** Unset: every event. */
export function toSelector(event: EventFilter | undefined): EventSelector {
  return { kind: event?.kind ?? '', filters: (event?.filters ?? []).map(toFilter) };
}

export function toFilterGroups(groups: readonly WireGroup[], operator: WireLogical): FilterGroups {
  return {
    operator: toLogical(operator),
    groups: groups.map((group) => ({
      operator: toLogical(group.operator),
      filters: group.filters.map(toFilter),
    })),
  };
}

function toLogical(operator: WireLogical): LogicalOperator {
  return operator === WireLogical.OR ? 'or' : 'and';
}

interface Instant {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Events are kept to the millisecond: the first one at or after each bound. */
export function toWindow(range: { readonly from?: Instant; readonly to?: Instant } | undefined): Window {
  if (!range?.from || !range.to) throw new RangeError('The contract requires a range.');
  return { from: millisecondsOf(range.from), to: millisecondsOf(range.to) };
}

export function millisecondsOf({ seconds, nanos }: Instant): number {
  return Number(seconds) * 1000 + Math.ceil(nanos / 1_000_000);
}
