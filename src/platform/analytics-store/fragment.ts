/**
 * The pieces of a statement to the analytics store. A fragment's text comes from source code only; everything that is
 * known at run time is a bound parameter, which the engine never parses as SQL.
 *
 *     const conditions = [sql`kind = ${value(kind, 'String')}`, sql`occur_time >= ${instant(from)}`];
 *     sql`SELECT uniqExact(person) AS persons FROM ${events} WHERE ${sql.join(conditions, sql` AND `)}`
 *
 * - `events`, `personAliases`, `profiles` (tables.ts) read the rows of the statement's project, each once. They are
 *   subqueries: an alias may follow.
 * - A name that depends on the question is chosen among fragments: `{ $browser: sql`browser` }[name]`. Names that are
 *   counted, such as the columns of a funnel's steps, are made by `sql.numbered`.
 * - A fragment and a parameter can be used several times; a parameter is sent once.
 */
export class Fragment {
  /** @internal Use `sql`. */
  constructor(readonly pieces: readonly Piece[]) {}
}

/** A value that is bound, never written into the text. */
export class Parameter {
  /** @internal Use `value`. */
  constructor(
    readonly value: BoundValue,
    readonly type: ParameterType,
  ) {}
}

/** A table of the analytics store, as it is read: the rows of one project. */
export class TableSource {
  constructor(
    readonly table: string,
    /** Whether a row that was inserted several times is read several times. */
    readonly hasCopies = false,
  ) {}
}

export type Piece = string | Parameter | TableSource;

type Scalar =
  'Bool' | 'Date' | 'Float64' | 'Int64' | 'String' | 'UInt8' | 'UInt16' | 'UInt32' | 'UInt64' | 'UUID';
export type ParameterType = Scalar | `Array(${Scalar})` | `Nullable(${Scalar})` | `Array(Array(${Scalar}))`;

type BoundScalar = string | number | bigint | boolean | null;
export type BoundValue = BoundScalar | readonly BoundScalar[] | readonly (readonly BoundScalar[])[];

/** Binds a value. Dates are `YYYY-MM-DD`; instants have `instant`. */
export function value(bound: BoundValue, type: ParameterType): Parameter {
  return new Parameter(bound, type);
}

/** Milliseconds of the epoch as DateTime64(3, 'UTC'). */
export function instant(milliseconds: number): Fragment {
  return sql`fromUnixTimestamp64Milli(${value(Math.round(milliseconds), 'Int64')}, 'UTC')`;
}

function fragment(
  constants: TemplateStringsArray,
  ...inserted: readonly (Fragment | Parameter | TableSource)[]
): Fragment {
  // Only the literals of source code are frozen together with their raw text.
  if (!Object.isFrozen(constants) || !Array.isArray(constants.raw))
    throw new TypeError('sql is a tag of template literals, not a function of text.');
  const pieces = constants.flatMap((text, index): readonly Piece[] => {
    const next = inserted[index];
    if (next === undefined) return [text];
    return next instanceof Fragment ? [text, ...next.pieces] : [text, next];
  });
  return new Fragment(pieces.filter((piece) => piece !== ''));
}

function join(fragments: readonly Fragment[], separator: Fragment = sql`, `): Fragment {
  return new Fragment(
    fragments.flatMap(({ pieces }, index) => (index === 0 ? pieces : [...separator.pieces, ...pieces])),
  );
}

/** A name with a number, such as `step_3`. */
function numbered(name: string, number: number): Fragment {
  if (!/^[a-z]+$/.test(name)) throw new RangeError('A numbered name consists of small letters.');
  return new Fragment([`${name}_${wholeNumber(number)}`]);
}

/** A number where the grammar takes no parameter: `windowFunnel(…)`, `LIMIT 1 BY …`, intervals. */
function integer(number: number): Fragment {
  return new Fragment([wholeNumber(number)]);
}

function wholeNumber(number: number): string {
  if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is no whole number.`);
  return String(number);
}

/**
 * Makes a fragment of a template literal. `sql.join(fragments, separator)` joins, with `, ` by default; `sql.empty` is
 * nothing; `sql.integer(7)` and `sql.numbered('step', 3)` write numbers into the text.
 */
export const sql = Object.assign(fragment, { join, integer, numbered, empty: new Fragment([]) });
