import { type AppError, type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import { emailAddress } from '../../../platform/text/index.js';
import { type FileMember, type FileRow, leftOutReason } from '../campaign/index.js';

/** Rows of a file, the header apart. */
export const MOST_ROWS = 100_000;
const MOST_VARIABLES = 100;
const LONGEST_NAME = 100;
export const LONGEST_CELL = 10_000;
/** The columns that name the member, and the variables. */
export const MOST_COLUMNS = MOST_VARIABLES + 2;
/** A file of strangers must not be answered with a hundred thousand sentences. */
export const MOST_VIOLATIONS = 100;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What the columns of a file are, by their index. */
export interface FileColumns {
  readonly count: number;
  readonly userId: number | undefined;
  readonly email: number | undefined;
  readonly variables: readonly { readonly name: string; readonly index: number }[];
}

/** Whom a row names, and the values that only they get. */
export interface NamedRow {
  /** As spreadsheets count: 1 is the header. */
  readonly row: number;
  /** In lower case; null where the address names the member. */
  readonly userId: string | null;
  readonly email: string | null;
  readonly variables: Record<string, string>;
}

function at(row: number, column: string, description: string): FieldViolation {
  return {
    field: `file.rows[${row}].${column}`,
    description: `row ${row}, column ${JSON.stringify(column)}: ${description}`,
  };
}

/** The columns that the header names, or what is wrong with it. */
export function readHeader(cells: readonly string[]): FileColumns | FieldViolation[] {
  const names = cells.map((cell) => cell.trim());
  const isKey = (name: string, key: string): boolean => name.toLowerCase() === key;
  const violations: FieldViolation[] = [];
  const refuse = (description: string): void => {
    violations.push({ field: 'file.rows[1]', description: `row 1: ${description}` });
  };
  if (names.length > MOST_COLUMNS) {
    refuse(`must have at most ${MOST_COLUMNS} columns`);
    return violations;
  }
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const place = `column ${index + 1}`;
    const key = isKey(name, 'email') || isKey(name, 'user_id') ? name.toLowerCase() : name;
    if (name === '') refuse(`${place} must have a name`);
    else if (name.length > LONGEST_NAME)
      refuse(`${place} must have a name of at most ${LONGEST_NAME} characters`);
    else if (name.includes('\0')) refuse(`${place} must have a name without a null character`);
    else if (seen.has(key)) refuse(`${place} has the name of another one: ${name}`);
    seen.add(key);
  }
  const indexOf = (key: string): number | undefined => {
    const index = names.findIndex((name) => isKey(name, key));
    return index < 0 ? undefined : index;
  };
  const [userId, email] = [indexOf('user_id'), indexOf('email')];
  if (violations.length === 0 && userId === undefined && email === undefined)
    refuse('must have a column email or user_id');
  if (violations.length > 0) return violations;
  const variables = names.flatMap((name, index) =>
    index === userId || index === email ? [] : [{ name, index }],
  );
  if (variables.length > MOST_VARIABLES) {
    refuse(`must have at most ${MOST_VARIABLES} columns of variables`);
    return violations;
  }
  return { count: names.length, userId, email, variables };
}

/** Spreadsheets end files with such rows. */
export function isEmptyRow(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '');
}

/** What a row says, or what is wrong with it. An empty cell gives no value, so that the default of the template applies. */
export function readRow(
  row: number,
  cells: readonly string[],
  columns: FileColumns,
): NamedRow | FieldViolation[] {
  if (cells.length !== columns.count) {
    const description = `row ${row}: has ${cells.length} cells, and the header ${columns.count}`;
    return [{ field: `file.rows[${row}]`, description }];
  }
  const violations: FieldViolation[] = [];
  const cellOf = (index: number | undefined): string =>
    index === undefined ? '' : (cells[index] ?? '').trim();
  const [givenId, givenEmail] = [cellOf(columns.userId), cellOf(columns.email)];
  const email = givenId === '' && givenEmail !== '' ? emailAddress(givenEmail) : undefined;
  if (givenId !== '') {
    if (!uuidForm.test(givenId)) violations.push(at(row, 'user_id', 'must be the id of a member'));
  } else if (givenEmail === '') {
    const column = columns.email === undefined ? 'user_id' : 'email';
    violations.push(at(row, column, 'must not be empty: it says who gets the message'));
  } else if (email === undefined) {
    violations.push(at(row, 'email', 'must be an e-mail address, such as ada@example.com'));
  }
  const variables: [string, string][] = [];
  for (const { name, index } of columns.variables) {
    const value = cells[index] ?? '';
    if (value.length > LONGEST_CELL) {
      violations.push(at(row, name, `must have at most ${LONGEST_CELL} characters`));
    } else if (value.includes('\0')) {
      violations.push(at(row, name, 'must not contain a null character'));
    } else if (value !== '') variables.push([name, value]);
  }
  if (violations.length > 0) return violations;
  return {
    row,
    userId: givenId === '' ? null : givenId.toLowerCase(),
    email: email ?? null,
    // Not by assignment: a column may be called `__proto__`.
    variables: Object.fromEntries(variables),
  };
}

/** Judges each row. The first row of a member counts. `found` has the member of each row, or undefined. */
export function judgeRows(rows: readonly NamedRow[], found: readonly (FileMember | undefined)[]): FileRow[] {
  const seen = new Set<string>();
  return rows.map(({ row, variables }, index) => {
    const member = found[index];
    if (!member) return { row, variables, userId: null, restricted: false, reason: leftOutReason.unknown };
    const { userId, deactivated, restricted } = member;
    const isAgain = seen.has(userId);
    seen.add(userId);
    const reason = isAgain ? leftOutReason.namedTwice : deactivated ? leftOutReason.deactivated : null;
    return { row, variables, userId, restricted, reason };
  });
}

/** Refuses rows whose member the organization does not have. */
export function refuseUnknownRows(
  rows: readonly NamedRow[],
  judged: readonly FileRow[],
): AppError | undefined {
  const violations = judged.flatMap(({ row, reason }, index) =>
    reason === leftOutReason.unknown
      ? [at(row, rows[index]?.userId ? 'user_id' : 'email', 'is not a member of this organization')]
      : [],
  );
  return refuseFile(violations);
}

export function refuseFile(violations: readonly FieldViolation[]): AppError | undefined {
  return violations.length > 0 ? invalidArgument(violations.slice(0, MOST_VIOLATIONS)) : undefined;
}
