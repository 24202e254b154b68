import { escapeMarkdown, normalizeValue } from './escape.js';
import { assemble, type Part, textParts, valuePart, type Values } from './part.js';
import { breakUnfinishedMarker, PII_END, PII_START } from './pii.js';
import type { Piece } from './pieces.js';
import { AUTOLINK } from './markdown.js';
import type { Place } from './places.js';

type Cut = (from: number, to: number) => Piece[];

/** The parts of one place; `source` is the text in which it was found. */
export function partsOfPlace(place: Place, cut: Cut, source: string): Part[] {
  const pieces = cut(place.from, place.to);
  const hasValues = pieces.some(({ kind }) => kind === 'value');
  switch (place.kind) {
    case 'code_span':
      return hasValues ? [codeSpan(place, cut, source)] : pieces.map(asWritten);
    case 'code_block':
      return hasValues ? [codeBlock(place, cut, source)] : pieces.map(asWritten);
    case 'autolink':
      return hasValues ? [autolink(pieces)] : pieces.map(asWritten);
    case 'bare_link':
      return hasValues ? [bareLink(pieces)] : textParts(pieces);
    case 'target':
      return hasValues ? [target(pieces)] : pieces.map(asWritten);
    case 'title':
      return hasValues ? withEscapes(pieces, escapeInTitle) : pieces.map(asWritten);
  }
}

/** Code and autolinks know no escapes: the author's text stays as it is. Not for values. */
function asWritten(piece: Piece): string {
  return piece.kind === 'value' ? '' : piece.text;
}

// Code knows no escapes either that could disarm a marker in a value, so the true ones are told apart until the end.
const [START, END] = ['\u0001', '\u0002'];
const FORGED = /\\[^]|\{(?=\{\/?pii\}\})/g;
const ZERO_WIDTH_SPACE = '\u200b';

function codeParts(pieces: readonly Piece[], written = normalizeValue): Part[] {
  return pieces.map((piece) => {
    if (piece.kind === 'value') return valuePart(piece, written, [START, END]);
    return piece.kind === 'text' ? piece.text : piece.text === PII_START ? START : END;
  });
}

function withMarkers(code: string): string {
  return code
    .replace(FORGED, (match) => (match === '{' ? match + ZERO_WIDTH_SPACE : match))
    .replaceAll(START, PII_START)
    .replaceAll(END, PII_END);
}

function withoutMarkers(code: string): string {
  return code.replaceAll(START, '').replaceAll(END, '');
}

/** Between as many backticks as its text does not have. */
function codeSpan(
  { from, to, inCell, inLabel }: Extract<Place, { kind: 'code_span' }>,
  cut: Cut,
  source: string,
): Part {
  const ticks = /^`+/.exec(source.slice(from, to))?.[0] ?? '`';
  // In a table a bar ends the cell, in code too, unless it is escaped.
  const written = inCell ? (value: string) => normalizeValue(value).replaceAll('|', '\\|') : normalizeValue;
  const parts = codeParts(cut(from + ticks.length, to - ticks.length), written);
  return (values) => {
    const code = assemble(parts, values);
    const shown = withoutMarkers(code);
    if (shown === '') return '';
    const runs = new Set(shown.match(/`+/g)?.map(({ length }) => length));
    const fence = runs.has(ticks.length) ? '`'.repeat(Math.max(...runs) + 1) : ticks;
    const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
    const apart = inLabel ? code.replaceAll(']:', `]${ZERO_WIDTH_SPACE}:`) : code;
    return fence + pad + withMarkers(apart) + pad + fence;
  };
}

/** Between fences that are longer than what a value could close them with. */
function codeBlock(
  { from, to, marks, info }: Extract<Place, { kind: 'code_block' }>,
  cut: Cut,
  source: string,
): Part {
  const [opening, closing] = marks;
  if (!opening) {
    const parts = codeParts(cut(from, to));
    return (values) => withMarkers(assemble(parts, values));
  }
  const fence = source.slice(opening.from, opening.to);
  const names = cut(from, to).flatMap((piece) => (piece.kind === 'value' ? piece.name : []));
  const before = codeParts(cut(from, opening.from));
  const language = info ? withEscapes(cut(opening.to, info.to), escapeInInfo) : [];
  const code = codeParts(cut(info?.to ?? opening.to, closing?.from ?? to));
  const after = closing ? codeParts(cut(closing.to, to)) : [];
  return (values) => {
    const marks = longestFence(fence, names, values);
    const body = withMarkers(assemble(code, values));
    return assemble([...before, marks, ...language, body, closing ? marks : '', ...after], values);
  };
}

function longestFence(fence: string, names: readonly string[], values: Values): string {
  const mark = fence.charAt(0);
  let length = fence.length;
  for (const name of names) {
    for (const run of values.get(name)?.match(mark === '~' ? /~+/g : /`+/g) ?? [])
      length = Math.max(length, run.length + 1);
  }
  return mark.repeat(length);
}

/** As a link that shows the value as it is; as text when no link can hold it. */
function autolink(pieces: readonly Piece[]): Part {
  const link = linkParts(pieces);
  const text = textParts(pieces);
  return (values) => {
    const written = assemble(link, values);
    return isAutolink(written) ? written : assemble(text, values);
  };
}

/** GitHub's Markdown makes links of bare addresses, where a backslash becomes part of the address. */
function bareLink(pieces: readonly Piece[]): Part {
  const link = linkParts(pieces);
  const text = textParts(pieces);
  const names = pieces.flatMap((piece) => (piece.kind === 'value' ? piece.name : []));
  return (values) => {
    const isPlain = names.every((name) => !escapeMarkdown(values.get(name) ?? '').includes('\\'));
    const written = `<${assemble(link, values)}>`;
    return !isPlain && isAutolink(written) ? written : assemble(text, values);
  };
}

function linkParts(pieces: readonly Piece[]): Part[] {
  const written = bringsScheme(pieces) ? writeInUrl : writeInAddress;
  return pieces.map((piece) => (piece.kind === 'value' ? valuePart(piece, written) : piece.text));
}

/** The author does, and not a value. */
function bringsScheme([first]: readonly Piece[]): boolean {
  return first?.kind === 'text' && SCHEME.test(first.text);
}

function isAutolink(text: string): boolean {
  AUTOLINK.lastIndex = 0;
  return AUTOLINK.exec(text)?.[0].length === text.length;
}

/** What a link cannot hold is percent-encoded, and braces are, so that a value forges no marker. */
function writeInUrl(value: string): string {
  return normalizeValue(value).replace(/[\s<>{}]/gu, encodeURIComponent);
}

/** An e-mail address must not contain a blank: otherwise it is shown as text. */
function writeInAddress(value: string): string {
  return normalizeValue(value).replace(/[{}]/g, encodeURIComponent);
}

const HARMLESS = ['http', 'https', 'mailto', 'tel'];
const SCHEME = /^<?\s*([a-z][a-z0-9+.-]*):/i;

/** A value that starts with a scheme must have a safe one; otherwise the link has no target. */
function target(pieces: readonly Piece[]): Part {
  const parts = withEscapes(pieces, escapeInTarget);
  if (bringsScheme(pieces)) return (values) => assemble(parts, values);
  return (values) => {
    const plain = pieces.map((piece) =>
      piece.kind === 'value'
        ? normalizeValue(values.get(piece.name) ?? '')
        : piece.kind === 'text'
          ? piece.text
          : '',
    );
    const scheme = SCHEME.exec(plain.join(''))?.[1]?.toLowerCase();
    return scheme === undefined || HARMLESS.includes(scheme) ? assemble(parts, values) : '#';
  };
}

function withEscapes(pieces: readonly Piece[], written: (value: string) => string): Part[] {
  return pieces.map((piece) => {
    if (piece.kind === 'value') return valuePart(piece, written);
    return piece.kind === 'text' ? breakUnfinishedMarker(piece.text) : piece.text;
  });
}

function escapeInTarget(value: string): string {
  return escapeMarkdown(value).replaceAll(' ', '%20');
}

function escapeInTitle(value: string): string {
  return escapeMarkdown(value).replace(/["']/g, String.raw`\$&`);
}

/** The word behind a fence of backticks has none itself. */
function escapeInInfo(value: string): string {
  return escapeMarkdown(value.replaceAll('`', ''));
}
