export interface Block {
  kind: 'text' | 'code' | 'cells';
  text: string;
}

interface Line {
  text: string;
  /** A list item or quotation begins here: it does not continue the paragraph above. */
  begins: boolean;
}

const FENCE = /^(`{3,})[^`]*$|^(~{3,})/;
const HEADING = /^#{1,6}(?=[ \t]|$)/;
const BULLET = /^(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)/;
const DEFINITION = /^\[[^\]]{1,200}\]:[ \t]*\S/;
const DEEPEST_NESTING = 32;

/** Cuts a text into paragraphs, headings, list items, table rows and lines of code, their markers removed. */
export function* readBlocks(markdown: string): Generator<Block> {
  let paragraph: string[] = [];
  let fence: string | undefined;
  let inTable = false;

  for (const source of lines(markdown)) {
    if (fence !== undefined) {
      if (closesFence(source, fence)) fence = undefined;
      else yield { kind: 'code', text: source };
      continue;
    }
    const { text, begins } = withoutContainers(source);
    const opened = FENCE.exec(text);
    const isDelimiterRow = paragraph.length === 1 && isTableDelimiter(text);
    const isHeading = HEADING.test(text);
    const isMark = isRule(text) || (paragraph.length > 0 && isUnderline(text));
    const ends = text === '' || begins || opened || isDelimiterRow || isHeading || isMark || inTable;

    if (ends && paragraph.length > 0) {
      yield { kind: isDelimiterRow ? 'cells' : 'text', text: paragraph.join('\n') };
      paragraph = [];
    }
    if (opened) fence = opened[1] ?? opened[2];
    if (opened || isMark || text === '') inTable = false;
    else if (isDelimiterRow) inTable = true;
    else if (isHeading) yield { kind: 'text', text: headingText(text) };
    else if (inTable) yield { kind: 'cells', text };
    else if (paragraph.length > 0 || !DEFINITION.test(text)) paragraph.push(text);
  }
  if (paragraph.length > 0) yield { kind: 'text', text: paragraph.join('\n') };
}

/** One at a time: a preview needs the first few of a long text. */
function* lines(markdown: string): Generator<string> {
  const lineBreak = /\r\n?|\n/g;
  let start = 0;
  for (let found = lineBreak.exec(markdown); found; found = lineBreak.exec(markdown)) {
    yield markdown.slice(start, found.index);
    start = lineBreak.lastIndex;
  }
  yield markdown.slice(start);
}

function withoutContainers(line: string): Line {
  let text = line.trim();
  let begins = false;
  for (let depth = 0; depth < DEEPEST_NESTING && !isRule(text); depth++) {
    const marker = text.startsWith('>') ? '>' : BULLET.exec(text)?.[0];
    if (marker === undefined) break;
    if (marker !== '>') begins = true;
    text = text.slice(marker.length).trimStart();
  }
  return { text: begins ? text.replace(/^\[[ xX]\][ \t]+/, '') : text, begins };
}

/** `---`, `* * *` */
function isRule(text: string): boolean {
  const mark = text[0];
  if (mark !== '-' && mark !== '*' && mark !== '_') return false;
  let count = 0;
  for (const character of text) {
    if (character === mark) count++;
    else if (character !== ' ' && character !== '\t') return false;
  }
  return count >= 3;
}

/** The line below a heading of the other kind. */
function isUnderline(text: string): boolean {
  return /^(?:=+|-+)$/.test(text);
}

function isTableDelimiter(text: string): boolean {
  return text.includes('-') && text.includes('|') && /^[|:\- \t]+$/.test(text);
}

function headingText(text: string): string {
  const title = text.replace(HEADING, '').trim();
  let end = title.length;
  while (end > 0 && title[end - 1] === '#') end--;
  const isClosing = end === 0 || title[end - 1] === ' ' || title[end - 1] === '\t';
  return isClosing ? title.slice(0, end) : title;
}

function closesFence(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]?.repeat(text.length);
}
