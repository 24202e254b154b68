import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type {
  CompareRequest,
  LifecycleResponseSchema,
  PersonsQuery,
  StickinessResponseSchema,
} from '@dovecote/contract/dovecote/insights/v1/insights_pb';
import type { Project } from '../../../platform/caller/project.js';
import { invalidArgument } from '../../../platform/errors/index.js';
import { previousWindow } from './comparison.js';
import { toFilterGroups, toSelector, toWindow } from './contract-filters.mapper.js';
import type { InsightQuery, LifecycleQuery } from './insight-query.js';
import type { LifecycleResult, StickinessResult } from './insight-result.js';
import { violationsOfPrevious, violationsOfRange } from './range.rules.js';
import { commonOf, granularities, toQuery } from './shared-question.mapper.js';

/** The question for the range that it names, and for the one to compare with. */
export function toComparedQueries(
  { query: request, comparison }: CompareRequest,
  project: Project,
): { readonly current: InsightQuery; readonly previous: InsightQuery } {
  if (!request) throw new RangeError('The contract requires a question.');
  const current = toQuery(request, project);
  const granularity = granularities[request.granularity];
  const isRange = comparison.case === 'timeRange';
  const window = isRange ? toWindow(comparison.value) : previousWindow(current.window, project.zone);
  const violations = isRange
    ? violationsOfRange(window, granularity, 'time_range')
    : violationsOfPrevious(window);
  if (violations.length > 0) throw invalidArgument(violations);
  // What the contract derives from the length of the range is derived again.
  return { current, previous: toQuery(request, project, window) };
}

/** The question about persons, whose type the caller adds. Throws for a range that is too long for its buckets. */
export function toPersonsQuestion(
  query: PersonsQuery | undefined,
  project: Project,
): Omit<LifecycleQuery, 'type'> {
  if (!query) throw new RangeError('The contract requires a question.');
  const window = toWindow(query.timeRange);
  const granularity = granularities[query.granularity];
  const violations = violationsOfRange(window, granularity, 'query.time_range');
  if (violations.length > 0) throw invalidArgument(violations);
  return {
    ...commonOf(window, project),
    granularity,
    event: toSelector(query.event),
    filters: toFilterGroups(query.filterGroups, query.filterGroupsOperator),
    includeBots: query.includeBots,
    includeCookieless: query.includeCookieless,
  };
}

export function toLifecycle({ buckets }: LifecycleResult): MessageInitShape<typeof LifecycleResponseSchema> {
  return {
    buckets: buckets.map(({ time, dormant, ...persons }) => ({
      ...persons,
      time: timestampFromMs(time),
      dormant: Math.abs(dormant),
    })),
  };
}

export function toStickiness({
  persons,
}: StickinessResult): MessageInitShape<typeof StickinessResponseSchema> {
  return { levels: persons.map((count, index) => ({ buckets: index + 1, persons: count })) };
}
