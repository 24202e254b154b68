import { isEscaped } from './pii.js';

export type Token =
  { type: 'text'; text: string } | { type: 'placeholder'; name: string } | { type: 'pii_start' | 'pii_end' };

/** Bounded, so that a text of nothing but `{{` is read in linear time. */
const BRACED = /\{\{([^{}\r\n]{1,256})\}\}/y;
/** `{{#if x}}`, `{{> part}}` and the like belong to other template languages and stay text. */
const NAME = /^[\p{L}\p{N}_]\P{Cc}{0,99}$/u;

/**
 * Placeholders are `{{name}}` or `{{ name }}`: a name starts with a letter, digit or underscore, has at most
 * 100 characters and no braces or line breaks. `\{{name}}` is text.
 */
export function parse(template: string): Token[] {
  const tokens: Token[] = [];
  let textStart = 0;
  for (let at = template.indexOf('{{'); at >= 0;) {
    const token = tokenAt(template, at);
    if (!token) {
      at = template.indexOf('{{', at + 1);
      continue;
    }
    if (at > textStart) tokens.push({ type: 'text', text: template.slice(textStart, at) });
    tokens.push(token);
    textStart = BRACED.lastIndex;
    at = template.indexOf('{{', textStart);
  }
  if (textStart < template.length) tokens.push({ type: 'text', text: template.slice(textStart) });
  return tokens;
}

/** Every name once, in order of appearance. */
export function placeholders(body: string): string[] {
  return [...new Set(parse(body).flatMap((token) => (token.type === 'placeholder' ? token.name : [])))];
}

function tokenAt(template: string, at: number): Token | undefined {
  BRACED.lastIndex = at;
  const name = BRACED.exec(template)?.[1]?.trim();
  if (name === undefined || isEscaped(template, at)) return undefined;
  if (name === 'pii') return { type: 'pii_start' };
  if (name === '/pii') return { type: 'pii_end' };
  return NAME.test(name) ? { type: 'placeholder', name } : undefined;
}
