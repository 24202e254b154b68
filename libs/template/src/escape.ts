// What can begin or end markup anywhere in a line, in CommonMark, GFM and their usual extensions.
const ALWAYS = String.raw`[\\\`*_{}[\]()<>#!|~&:@$^]`;
// What can begin a block at the start of a line, where a value may stand: lists, rules, underlined headings.
const AT_START = String.raw`^[-+=.]|(?<=^\d{1,9})\.`;
// "www." becomes a link by itself.
const BARE_LINK = String.raw`(?<=www)\.`;
const SPECIAL = new RegExp(`${ALWAYS}|${AT_START}|${BARE_LINK}`, 'gi');

const WHITE_SPACE = /[\t\n\v\f\r \x85\u2028\u2029]+/g;
// Control characters, and those that turn the direction of the text around them.
const INVISIBLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * One line of printable text. A line break in a value could begin a block, and white space at its ends could
 * make a hard break or indented code; Markdown shows all of it as one space anyway.
 */
export function normalizeValue(value: string): string {
  return value.toWellFormed().replace(WHITE_SPACE, ' ').replace(INVISIBLE, '').trim();
}

/** A value as Markdown that shows exactly its (normalized) text, wherever in the text of a line it is put. */
export function escapeMarkdown(value: string): string {
  return normalizeValue(value).replace(SPECIAL, String.raw`\$&`);
}

// Backslash pairs and autolinks to harmless schemes are taken whole, so that what is left begins raw HTML. The
// end of the text counts: a value may follow.
const RAW_HTML =
  /\\[^]|<(?:https?|mailto|tel):[^\s<>]{0,2048}>|<[\w.%+-]{1,64}@[\w.-]{1,255}>|<(?=[a-z/!?]|$)/gi;

/** Template text with its raw HTML made visible. Not for code, where the added backslash would show too. */
export function escapeRawHtml(markdown: string): string {
  return markdown.replace(RAW_HTML, (match) => (match === '<' ? String.raw`\<` : match));
}
