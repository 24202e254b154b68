import {
  Aggregation,
  type Filter,
  Granularity,
  type InsightQuerySpec,
  InsightType,
  Operator,
} from '@dovecote/contract/insights/v1/insights_pb';
import type { FieldViolation } from '../../../platform/errors/index.js';
import { numericReading } from '../event/index.js';
import { millisecondsOf } from './contract-filters.mapper.js';
import { insightTypeOf } from './documented-question.mapper.js';

const HOUR_MS = 3_600_000;

const maximumHours: Readonly<Record<Granularity, number>> = {
  [Granularity.UNSPECIFIED]: 8_760,
  [Granularity.HOUR]: 336,
  [Granularity.DAY]: 8_760,
  [Granularity.WEEK]: 35_064,
};

/** Where a question stands in its request. */
interface SpecPlace {
  /** `query` */
  readonly path: string;
  /** Whether its time is asked for; a tile of a dashboard needs none. */
  readonly needsRange: boolean;
}

const ofQuery: SpecPlace = { path: 'query', needsRange: true };

/** What is wrong with a question beyond what the rules of single fields tell. */
export function violationsOf(spec: InsightQuerySpec, { path, needsRange } = ofQuery): FieldViolation[] {
  return [
    ...violationsOfEvents(spec, path),
    ...(spec.timeRange || needsRange ? violationsOfRange(spec, path) : []),
    ...violationsOfAggregation(spec, path),
    ...spec.events.flatMap(({ filters }, event) =>
      filters.flatMap((filter, index) =>
        violationsOfFilter(filter, `${path}.events[${event}].filters[${index}]`),
      ),
    ),
    ...spec.filters.flatMap((filter, index) => violationsOfFilter(filter, `${path}.filters[${index}]`)),
  ];
}

function violationsOfEvents(spec: InsightQuerySpec, path: string): FieldViolation[] {
  const type = insightTypeOf(spec);
  const field = `${path}.events`;
  if (type === InsightType.FUNNEL && spec.events.length === 1)
    return [{ field, description: 'must name at least 2 steps for a funnel' }];
  if (type === InsightType.RETENTION && spec.events.length > 2)
    return [{ field, description: 'must name at most 2 events for retention: the start and the return' }];
  if (type !== InsightType.FUNNEL && spec.conversionWindow)
    return [{ field: `${path}.conversion_window`, description: 'is allowed for a funnel only' }];
  return [];
}

function violationsOfRange(spec: InsightQuerySpec, path: string): FieldViolation[] {
  const { start, end } = spec.timeRange ?? {};
  if (!spec.timeRange) return [{ field: `${path}.time_range`, description: 'is required' }];
  // The epoch is what a client sends that left the field out.
  if (start?.seconds === 0n && start.nanos === 0)
    return [{ field: `${path}.time_range.start`, description: 'is required' }];
  if (!start || !end) return [];
  const length = millisecondsOf(end) - millisecondsOf(start);
  if (length <= 0) return [{ field: `${path}.time_range.end`, description: 'must be after the start' }];
  const isFunnel = insightTypeOf(spec) === InsightType.FUNNEL;
  const hours = maximumHours[isFunnel ? Granularity.WEEK : spec.granularity];
  if (length <= hours * HOUR_MS) return [];
  const reason = isFunnel ? 'for a funnel' : 'for this granularity';
  return [{ field: `${path}.time_range`, description: `must not exceed ${hours} hours ${reason}` }];
}

function violationsOfAggregation(spec: InsightQuerySpec, path: string): FieldViolation[] {
  const isNumeric = spec.aggregation === Aggregation.SUM || spec.aggregation === Aggregation.AVERAGE;
  return isNumeric && spec.aggregationProperty === ''
    ? [{ field: `${path}.aggregation_property`, description: 'is required for this aggregation' }]
    : [];
}

export function violationsOfFilter({ operator, value, values }: Filter, path: string): FieldViolation[] {
  const at = (field: string, description: string) => [{ field: `${path}.${field}`, description }];
  switch (operator) {
    case Operator.UNSPECIFIED:
      return [];
    case Operator.IS_SET:
    case Operator.IS_NOT_SET:
      return [
        ...(value === '' ? [] : at('value', 'is not allowed for this operator')),
        ...(values.length === 0 ? [] : at('values', 'are not allowed for this operator')),
      ];
    case Operator.IN:
    case Operator.NOT_IN:
      return values.length === 0 ? at('values', 'must hold at least one value for this operator') : [];
    case Operator.BETWEEN:
    case Operator.NOT_BETWEEN:
      return isOrderedPair(values) ? [] : at('values', 'must be two numbers in ascending order');
    case Operator.LT:
    case Operator.LTE:
    case Operator.GT:
    case Operator.GTE:
      return [
        ...(numericReading(value) === undefined ? at('value', 'must be a number for this operator') : []),
        ...(values.length === 0 ? [] : at('values', 'are not allowed for this operator')),
      ];
    case Operator.EQUALS:
    case Operator.NOT_EQUALS:
    case Operator.CONTAINS:
    case Operator.NOT_CONTAINS:
      return [
        ...(value === '' ? at('value', 'is required for this operator') : []),
        ...(values.length === 0 ? [] : at('values', 'are not allowed for this operator')),
      ];
  }
}

function isOrderedPair(values: readonly string[]): boolean {
  const [low, high] = values.map((text) => numericReading(text));
  return values.length === 2 && low !== undefined && high !== undefined && low <= high;
}
