import { escapeMarkdown, escapeRawHtml } from './escape.js';
import { breakUnfinishedMarker, PII_END, PII_START } from './pii.js';
import type { Piece } from './pieces.js';

/** By name. */
export type Values = ReadonlyMap<string, string>;

/** What does not change from recipient to recipient, or how to make what does. */
export type Part = string | ((values: Values) => string);

export function assemble(parts: readonly Part[], values: Values): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : part(values);
  return text;
}

/** Where the usual escapes hold. */
export function textParts(pieces: readonly Piece[]): Part[] {
  return pieces.map((piece) => {
    if (piece.kind === 'text') return breakUnfinishedMarker(escapeRawHtml(piece.text));
    return piece.kind === 'marker' ? piece.text : valuePart(piece, escapeMarkdown);
  });
}

export function valuePart(
  { name, marked }: Extract<Piece, { kind: 'value' }>,
  written: (value: string) => string,
  [start, end] = [PII_START, PII_END],
): Part {
  return (values) => {
    const value = written(values.get(name) ?? '');
    return marked && value !== '' ? start + value + end : value;
  };
}
