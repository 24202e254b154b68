const PLAIN = /[^\\`![\]<&*_~|]+/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const AUTOLINK = /<((?:https?|mailto|tel):[^\s<>]{0,2048}|[\w.%+-]{1,64}@[\w.-]{1,255})>/iy;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/iy;
// Alternatives begin with different characters and everything is bounded: no way to make it go back and forth.
const DESTINATION =
  /\(\s{0,9}(?:<[^<>\n]{0,2048}>|(?:[^\s()\\<]|\\[^\s]|\([^\s()]{0,500}\)){0,2048})(?:\s{1,9}(?:"(?:[^"\\]|\\[^]){0,500}"|'(?:[^'\\]|\\[^]){0,500}'))?\s{0,9}\)/y;
const NAMED = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }));

/** The text of a block without emphasis, link targets, code marks, escapes and entities. */
export function inlineText(source: string, cells: boolean, enough: number): string {
  return new InlineReader(source, cells).read(enough);
}

interface Delimiter {
  index: number;
  mark: string;
  left: number;
}

class InlineReader {
  private readonly out: string[] = [];
  private at = 0;
  private readonly brackets: number[] = [];
  private readonly open = new Map<string, Delimiter[]>();
  private tickRuns: Map<number, number[]> | undefined;

  constructor(
    private readonly source: string,
    private readonly cells: boolean,
  ) {}

  read(enough: number): string {
    for (let length = 0; this.at < this.source.length && length < enough;) {
      const before = this.out.length;
      this.step();
      for (let index = before; index < this.out.length; index++) length += this.out[index]?.length ?? 0;
    }
    for (const { index, mark, left } of [...this.open.values()].flat()) this.out[index] = mark.repeat(left);
    return this.out.join('');
  }

  private step(): void {
    const character = this.source[this.at] ?? '';
    switch (character) {
      case '\\':
        return this.take(ESCAPED, ([, escaped = '']) => escaped);
      case '`':
        return this.code();
      case '[':
        return this.bracket('[');
      case '!':
        return this.source[this.at + 1] === '[' ? this.bracket('![') : this.emit('!');
      case ']':
        return this.closeBracket();
      case '<':
        return this.take(AUTOLINK, ([, address = '']) => address);
      case '&':
        return this.take(ENTITY, decodeEntity);
      case '*':
      case '_':
      case '~':
        return this.delimiter(character);
      case '|':
        return this.emit('|', this.cells ? ' ' : '|');
      default:
        return this.take(PLAIN, ([plain]) => plain);
    }
  }

  private emit(source: string, shown = source): void {
    this.out.push(shown);
    this.at += source.length;
  }

  /** What the pattern finds here, or else the one character. */
  private take(pattern: RegExp, shown: (match: RegExpExecArray) => string): void {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match) this.emit(match[0], shown(match));
    else this.emit(this.source[this.at] ?? '');
  }

  private code(): void {
    const ticks = this.run('`');
    const start = this.at + ticks.length;
    const closing = this.nextTicks(ticks.length, start);
    if (closing === undefined) return this.emit(ticks);
    const code = this.source.slice(start, closing);
    const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== '';
    this.emit(this.source.slice(this.at, closing + ticks.length), isPadded ? code.slice(1, -1) : code);
  }

  /** Positions are collected once and used up from the front, so that no text is searched again and again. */
  private nextTicks(length: number, from: number): number | undefined {
    if (!this.tickRuns) {
      this.tickRuns = new Map();
      for (const { 0: ticks, index } of this.source.matchAll(/`+/g)) {
        const positions = this.tickRuns.get(ticks.length);
        if (positions) positions.push(index);
        else this.tickRuns.set(ticks.length, [index]);
      }
      for (const positions of this.tickRuns.values()) positions.reverse();
    }
    const positions = this.tickRuns.get(length) ?? [];
    while ((positions.at(-1) ?? Infinity) < from) positions.pop();
    return positions.at(-1);
  }

  private bracket(mark: '[' | '!['): void {
    this.brackets.push(this.out.length);
    this.emit(mark);
  }

  private closeBracket(): void {
    const opening = this.brackets.pop();
    DESTINATION.lastIndex = this.at + 1;
    const destination = opening === undefined ? null : DESTINATION.exec(this.source);
    if (opening === undefined || !destination) return this.emit(']');
    this.out[opening] = '';
    this.emit(`]${destination[0]}`, '');
  }

  private delimiter(mark: string): void {
    const run = this.run(mark);
    const { canOpen, canClose } = this.flanks(mark, run.length);
    if (mark === '~' && run.length > 2) return this.emit(run);
    const open = this.open.get(mark) ?? [];
    this.open.set(mark, open);
    let left = run.length;
    for (let opener = open.at(-1); canClose && opener && left > 0; opener = open.at(-1)) {
      const used = Math.min(left, opener.left);
      opener.left -= used;
      left -= used;
      if (opener.left > 0) break;
      this.out[opener.index] = '';
      open.pop();
    }
    if (canOpen && left > 0) open.push({ index: this.out.length, mark, left });
    this.emit(run, mark.repeat(left));
  }

  private flanks(mark: string, length: number): { canOpen: boolean; canClose: boolean } {
    const before = kindOf(this.source[this.at - 1]);
    const after = kindOf(this.source[this.at + length]);
    const left = after !== 'space' && (after === 'letter' || before !== 'letter');
    const right = before !== 'space' && (before === 'letter' || after !== 'letter');
    if (mark !== '_') return { canOpen: left, canClose: right };
    return { canOpen: left && before !== 'letter', canClose: right && after !== 'letter' };
  }

  private run(mark: string): string {
    let end = this.at;
    while (this.source[end] === mark) end++;
    return this.source.slice(this.at, end);
  }
}

function kindOf(character: string | undefined): 'space' | 'punctuation' | 'letter' {
  if (character === undefined || /\s/.test(character)) return 'space';
  return /[\p{P}\p{S}]/u.test(character) ? 'punctuation' : 'letter';
}

function decodeEntity([entity, decimal, hexadecimal, name]: RegExpExecArray): string {
  if (name !== undefined) return NAMED.get(name) ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : '\ufffd';
}
