export { Answers } from './answers.service.js';
export { bucketExpression, bucketsOf, calendarDate, firstInstantOf } from './buckets.js';
export { previousWindow, withEveryBucket } from './comparison.js';
export { conditionOf, toFilter, toSelector, toWindow } from './contract-filters.mapper.js';
export { insightTypeOf, toDocumentedFilter } from './documented-question.mapper.js';
export { violationsOf, violationsOfFilter } from './documented-violations.mapper.js';
export { toFilterSchema, toPropertyValuesInput } from './filter-schema.mapper.js';
export { combined, conditionSql } from './filters.js';
export type {
  Condition,
  EventSelector,
  Granularity,
  InsightQuery,
  LogicalOperator,
  PropertyFilter,
  Window,
} from './insight-query.js';
export { InsightModule } from './insight.module.js';
export { eventProperty, profileProperty, type PropertySql } from './property.js';
export { everything } from './question-examples.js';
export { invalidQuery } from './question.rules.js';
export { Questions } from './questions.service.js';
export { violationsOfPrevious, violationsOfRange } from './range.rules.js';
export { toResponse } from './shared-answer.mapper.js';
export { toQuery } from './shared-question.mapper.js';
export { type EventQuestion, EventSource } from './source.js';
