/** Markers around personal values in a body; clients hide what is between them in replays and screenshots. */
export const PII_START = '{{pii}}';
export const PII_END = '{{/pii}}';
/** Stands for a personal value where markers cannot: titles, summaries and previews pass through push providers. */
export const PII_MASK = '•••';

/** Replaces what is between markers. Without an end marker everything after the start is hidden. */
export function maskPii(markdown: string): string {
  let masked = '';
  let from = 0;
  for (let at = findStart(markdown, from); at >= 0; at = findStart(markdown, from)) {
    masked += markdown.slice(from, at) + PII_MASK;
    const end = markdown.indexOf(PII_END, at);
    if (end < 0) return masked;
    from = end + PII_END.length;
  }
  return masked + markdown.slice(from);
}

/** `\{{pii}}` is text. */
function findStart(markdown: string, from: number): number {
  let at = markdown.indexOf(PII_START, from);
  while (at >= 0 && isEscaped(markdown, at)) at = markdown.indexOf(PII_START, at + 1);
  return at;
}

/** Whether an odd number of backslashes stands before `at`. */
export function isEscaped(markdown: string, at: number): boolean {
  let start = at;
  while (start > 0 && markdown[start - 1] === '\\') start--;
  return (at - start) % 2 === 1;
}

// Backslash pairs are taken whole: an escaped brace begins nothing.
const UNFINISHED = /\\[^]|\{(?=$|\{\/?p?i?i?\}?$)/g;

/** Template text that no value behind it, and no missing one, can complete to a marker. */
export function breakUnfinishedMarker(markdown: string): string {
  return markdown.replace(UNFINISHED, (match) => (match === '{' ? String.raw`\{` : match));
}
