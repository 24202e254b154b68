import { type BoundValue, type Fragment, Parameter, type TableSource } from './fragment.js';

export interface RenderedStatement {
  readonly text: string;
  /** By the name in `{name:Type}`. */
  readonly parameters: Readonly<Record<string, BoundValue>>;
}

/** Writes out a fragment: parameters as placeholders, tables as `source` says. */
export function render(
  fragment: Fragment,
  project: number,
  source: (table: TableSource) => string,
): RenderedStatement {
  const parameters: Record<string, BoundValue> = { project };
  const names = new Map<Parameter, string>();
  const text = fragment.pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    if (!(piece instanceof Parameter)) return source(piece);
    const name = names.get(piece) ?? `p${names.size}`;
    names.set(piece, name);
    parameters[name] = piece.value;
    return `{${name}:${piece.type}}`;
  });
  return { text: text.join(''), parameters };
}
