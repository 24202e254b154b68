import type { InlineContext, MarkdownConfig } from '@lezer/markdown';
import { GFM, parser } from '@lezer/markdown';

/**
 * Autolinks that are kept; other text in angle brackets is literal. Bounded, so that it is read in linear
 * time.
 */
export const AUTOLINK =
  /<(?:(?:https?|mailto|tel):[^\s<>]{0,2048}|[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255})>/iy;

/** Markdown as clients show it: GFM without raw HTML, which is shown as text. */
export const markdownParser = parser.configure([
  GFM,
  {
    remove: ['HTMLBlock', 'HTMLTag'],
    parseInline: [{ name: 'AngleAutolink', before: 'Link', parse: readAutolink }],
  } satisfies MarkdownConfig,
]);

function readAutolink(context: InlineContext, next: number, at: number): number {
  if (next !== 0x3c) return -1;
  AUTOLINK.lastIndex = 0;
  const match = AUTOLINK.exec(context.slice(at, Math.min(context.end, at + 2_100)));
  return match ? context.addElement(context.elt('Autolink', at, at + match[0].length)) : -1;
}
