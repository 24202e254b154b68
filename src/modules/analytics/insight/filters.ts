import { type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import type { Condition, LogicalOperator } from './insight-query.js';
import type { PropertySql } from './property.js';

/** A condition on a property. Missing is the empty text; what has no numeric reading fulfils no numeric condition. */
export function conditionSql(property: PropertySql, condition: Condition): Fragment {
  const { text, number, isNumber } = property;
  switch (condition.operator) {
    case 'equals':
      return sql`${text} = ${value(condition.value, 'String')}`;
    case 'not_equals':
      return sql`${text} != ${value(condition.value, 'String')}`;
    case 'contains':
      return sql`position(${text}, ${value(condition.value, 'String')}) > 0`;
    case 'not_contains':
      return sql`position(${text}, ${value(condition.value, 'String')}) = 0`;
    case 'is_set':
      return sql`${text} != ''`;
    case 'is_not_set':
      return sql`${text} = ''`;
    case 'lt':
      return sql`(${isNumber} AND ${number} < ${value(condition.value, 'Float64')})`;
    case 'lte':
      return sql`(${isNumber} AND ${number} <= ${value(condition.value, 'Float64')})`;
    case 'gt':
      return sql`(${isNumber} AND ${number} > ${value(condition.value, 'Float64')})`;
    case 'gte':
      return sql`(${isNumber} AND ${number} >= ${value(condition.value, 'Float64')})`;
    case 'in':
      return sql`has(${value(condition.values, 'Array(String)')}, ${text})`;
    case 'not_in':
      return sql`NOT has(${value(condition.values, 'Array(String)')}, ${text})`;
    case 'between':
      return sql`(${isNumber} AND ${number} >= ${value(condition.low, 'Float64')} AND ${number} <= ${value(condition.high, 'Float64')})`;
    case 'not_between':
      return sql`(${isNumber} AND (${number} < ${value(condition.low, 'Float64')} OR ${number} > ${value(condition.high, 'Float64')}))`;
  }
}

/** All of the conditions; none: true. */
export function allOf(conditions: readonly Fragment[]): Fragment {
  return combined(conditions, 'and');
}

/** Any of the conditions; none: false. */
export function anyOf(conditions: readonly Fragment[]): Fragment {
  return combined(conditions, 'or');
}

export function combined(conditions: readonly Fragment[], operator: LogicalOperator): Fragment {
  const [only, ...more] = conditions;
  if (!only) return operator === 'and' ? sql`true` : sql`false`;
  if (more.length === 0) return only;
  return sql`(${sql.join(conditions, operator === 'and' ? sql` AND ` : sql` OR `)})`;
}
