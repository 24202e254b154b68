import type { Token } from './parse.js';
import { PII_END, PII_START } from './pii.js';

/** Pieces of the body, with their position in the text that is searched for places. */
export type Piece = { from: number; to: number } & (
  | { kind: 'text'; text: string }
  /** `marked`: between markers, because it is personal. */
  | { kind: 'value'; name: string; marked: boolean }
  | { kind: 'marker'; text: typeof PII_START | typeof PII_END }
);

/** Stands for a value while places are looked for: a word, as values are when their specials are escaped. */
const STAND_IN = 'v';

/** Markers in pairs and never nested, whatever the author says. */
export function readPieces(
  tokens: readonly Token[],
  pii: ReadonlySet<string>,
): { source: string; pieces: Piece[] } {
  const pieces: Piece[] = [];
  let source = '';
  let inside = false;
  for (const token of tokens) {
    const from = source.length;
    if (token.type === 'text') {
      source += token.text;
      pieces.push({ kind: 'text', text: token.text, from, to: source.length });
    } else if (token.type === 'placeholder') {
      source += STAND_IN;
      const marked = pii.has(token.name) && !inside;
      pieces.push({ kind: 'value', name: token.name, marked, from, to: source.length });
    } else if (inside !== (token.type === 'pii_start')) {
      inside = !inside;
      const text = inside ? PII_START : PII_END;
      source += text;
      pieces.push({ kind: 'marker', text, from, to: source.length });
    }
  }
  if (inside) {
    const from = source.length;
    source += PII_END;
    pieces.push({ kind: 'marker', text: PII_END, from, to: source.length });
  }
  return { source, pieces };
}

/** The pieces of a range, text cut to it. A value or marker belongs to the range in which it begins. */
export function cut(pieces: readonly Piece[], from: number, to: number): Piece[] {
  const found: Piece[] = [];
  for (let index = firstBehind(pieces, from); index < pieces.length; index++) {
    const piece = pieces[index]!; // within the bounds
    if (piece.from >= to) break;
    if (piece.kind !== 'text') {
      if (piece.from >= from) found.push(piece);
      continue;
    }
    const [start, end] = [Math.max(piece.from, from), Math.min(piece.to, to)];
    const text = piece.text.slice(start - piece.from, end - piece.from);
    if (text !== '') found.push({ ...piece, text, from: start, to: end });
  }
  return found;
}

/** The index of the first piece that ends behind a position. */
function firstBehind(pieces: readonly Piece[], position: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.to ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
