import { fastParserOf } from './text-values.js';

/** A column of a result, as PostgreSQL describes it. */
export interface FieldDescription {
  readonly name: string;
  /** The object id of its type. */
  readonly dataTypeID: number;
}

type Parser = (text: string) => unknown;
type ReadRow = (fields: readonly (string | null)[]) => object;

/** Makes an object of each row of a statement. */
export class RowShape {
  /** The shape of a statement without rows. */
  static readonly none = new RowShape([], () => String);

  readonly read: ReadRow;

  constructor(fields: readonly FieldDescription[], parserOf: (type: number) => Parser) {
    const parsers = fields.map(({ dataTypeID }) => fastParserOf(dataTypeID, parserOf(dataTypeID)));
    this.read = compile(
      fields.map(({ name }) => name),
      parsers,
    );
  }
}

/**
 * The function `(f) => ({ "id": f[0] === null ? null : p0(f[0]), … })`. An object literal with fixed names is several times
 * faster than a loop that sets one property after another.
 */
function compile(names: readonly string[], parsers: readonly Parser[]): ReadRow {
  const parameters = parsers.map((_, index) => `p${index}`);
  const columns = names.map(
    (name, index) => `${JSON.stringify(name)}: f[${index}] === null ? null : p${index}(f[${index}])`,
  );
  // The text holds numbers and quoted names of columns, which are ours: nothing of it comes from a request.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
  const make = new Function(...parameters, `return (f) => ({ ${columns.join(', ')} });`) as (
    ...parsers: readonly Parser[]
  ) => ReadRow;
  return make(...parsers);
}
