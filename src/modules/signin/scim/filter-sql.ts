import { validate as isUuid } from 'uuid';
import type { Filter } from './filter.js';
import { invalid } from './scim-error.js';

/** What a filter may name, and the SQL for it. */
type Column =
  | { type: 'text' | 'exact'; sql: string; equals?: (parameter: string) => string }
  | { type: 'boolean'; sql: string }
  | { type: 'time'; sql: string }
  | { type: 'id'; sql: string; equals?: (parameter: string) => string }
  | { type: 'constant'; value: string };

/** By path in lower case; values in brackets by the path that they would have without. */
export type Columns = Readonly<Record<string, Column>>;

const DEEPEST = 40;
const comparisons: Readonly<Record<string, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' };

/** A filter as a condition of SQL. What it compares with goes to `values` and never into the text. */
export function filterToSql(filter: Filter, columns: Columns, values: unknown[]): string {
  return condition(filter, { columns, values, prefix: '', depth: 0 });
}

interface Context {
  columns: Columns;
  values: unknown[];
  prefix: string;
  depth: number;
}

function condition(filter: Filter, context: Context): string {
  if (context.depth > DEEPEST) throw invalid('invalidFilter', 'The filter is nested too deeply.');
  const below = { ...context, depth: context.depth + 1 };
  switch (filter.op) {
    case 'and':
    case 'or':
      return `(${filter.filters.map((one) => condition(one, below)).join(` ${filter.op} `)})`;
    case 'not':
      return `(not coalesce(${condition(filter.filter, below)}, false))`;
    case '[]':
      return condition(filter.valFilter, { ...below, prefix: `${context.prefix}${filter.attrPath}.` });
    case 'pr':
      return presence(columnAt(context, filter.attrPath));
    default:
      return comparison(filter.op, columnAt(context, filter.attrPath), filter.compValue, context.values);
  }
}

function columnAt({ columns, prefix }: Context, path: string): Column {
  const name = `${prefix}${path}`.toLowerCase().replace(/^urn:ietf:params:scim:schemas:core:2\.0:\w+:/, '');
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column) return column;
  const known = Object.keys(columns).join(', ');
  throw invalid('invalidFilter', `Filters may name ${known}.`);
}

function presence(column: Column): string {
  switch (column.type) {
    case 'text':
    case 'exact':
      return `(coalesce(${column.sql}, '') <> '')`;
    case 'constant':
      return 'true';
    default:
      return `(${column.sql} is not null)`;
  }
}

function comparison(op: string, column: Column, value: unknown, values: unknown[]): string {
  if (op === 'ne') return `(not coalesce(${comparison('eq', column, value, values)}, false))`;
  if (value === null) {
    if (op === 'eq') return `(not ${presence(column)})`;
    throw invalid('invalidFilter', `${op} needs a value.`);
  }
  switch (column.type) {
    case 'boolean':
      return compareBoolean(op, column.sql, value, values);
    case 'time':
      return compareTime(op, column.sql, value, values);
    case 'id':
      return compareId(op, column, value, values);
    case 'constant':
      return String(compareTexts(op, column.value, value));
    case 'text':
    case 'exact':
      return compareText(op, column, value, values);
  }
}

function compareBoolean(op: string, sql: string, value: unknown, values: unknown[]): string {
  const word = String(value).toLowerCase();
  if (op !== 'eq' || (word !== 'true' && word !== 'false'))
    throw invalid('invalidFilter', 'A boolean is compared by eq or ne, with true or false.');
  return `(${sql} = ${parameter(values, word === 'true')}::boolean)`;
}

function compareTime(op: string, sql: string, value: unknown, values: unknown[]): string {
  const time = new Date(String(value));
  const operator = op === 'eq' ? '=' : comparisons[op];
  if (!operator || Number.isNaN(time.getTime()))
    throw invalid(
      'invalidFilter',
      'A time is compared by eq, ne, gt, ge, lt or le, with a time of ISO 8601.',
    );
  // Answers show milliseconds; the table holds more.
  return `(date_trunc('milliseconds', ${sql}) ${operator} ${parameter(values, time)}::timestamptz)`;
}

function compareId(
  op: string,
  { sql, equals }: Extract<Column, { type: 'id' }>,
  value: unknown,
  values: unknown[],
): string {
  if (op !== 'eq') throw invalid('invalidFilter', 'An id is compared by eq or ne.');
  if (typeof value !== 'string' || !isUuid(value)) return 'false';
  const given = `${parameter(values, value)}::uuid`;
  return equals ? `(${equals(given)})` : `(${sql} = ${given})`;
}

function compareText(
  op: string,
  { type, sql, equals }: Extract<Column, { type: 'text' | 'exact' }>,
  value: unknown,
  values: unknown[],
): string {
  const given = `${parameter(values, String(value))}::text`;
  const [left, right] = type === 'exact' ? [sql, given] : [`lower(${sql})`, `lower(${given})`];
  switch (op) {
    case 'eq':
      return equals ? `(${equals(right)})` : `(${left} = ${right})`;
    case 'co':
      return `(position(${right} in ${left}) > 0)`;
    case 'sw':
      return `starts_with(${left}, ${right})`;
    case 'ew':
      return `(right(${left}, length(${right})) = ${right})`;
    default:
      return `(${left} ${comparisons[op]} ${right})`;
  }
}

function compareTexts(op: string, known: string, value: unknown): boolean {
  if (op !== 'eq') throw invalid('invalidFilter', 'This attribute supports the operators eq and ne only.');
  return known === String(value).toLowerCase();
}

function parameter(values: unknown[], value: unknown): string {
  values.push(value);
  return `$${values.length}`;
}
