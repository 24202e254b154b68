/** Where rrweb divides a style sheet between the text nodes of its element. */
const SPLIT = '/* rr_split */';
const nameCharacter = /[-\w\u0080-\uffff]/;
const escape = /\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\n\r\f])?|[^\n\r\f])/iy;
const whitespace = /[ \t\n\r\f]*/y;
/** Characters of a name that need no decoding, and those that are neither part of a name nor begin anything. */
const plainName = /[-\w\u0080-\uffff]+/y;
const plain = /[^-\w\u0080-\uffff"'@\\/]+/y;
const inlineImage = /^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i;
/** Functions whose strings, or values of variables in them, are addresses. */
const loading = /^(?:src|image|(?:-\w+-)?image-set|(?:-\w+-)?cross-fade|expression)$/;
/** Separates tokens where white space would not: it ends an escape, and what follows belongs to the same name. */
const SEPARATOR = '/**/';
/** Characters that are a token by themselves, whatever follows. */
const lone = new Set([';', ',', ':', '(', ')', '{', '}', '[', ']']);

/**
 * CSS that loads nothing: every url() is an image inside the text or a fragment, no rule imports. Texts that are made
 * of such pieces, as rrweb divides them, load nothing either: each piece ends all of its tokens.
 */
export function inertCss(css: string): string {
  return css
    .split(SPLIT)
    .map((piece) => new Cleaner(piece).cleanPiece())
    .join(SPLIT);
}

/** The same for a text that stands alone: a `style` attribute, the value of a property. */
export function inertValue(css: string): string {
  return new Cleaner(css).clean();
}

/** An image that stands in the text itself. */
export function isInlineImage(url: string): boolean {
  return inlineImage.test(url);
}

/** Walks over the tokens of CSS Syntax Level 3, as far as they matter for what a browser loads. */
class Cleaner {
  private at = 0;
  private out = '';
  /** Whether the last token is at its end. */
  private isClosed = true;

  constructor(private readonly css: string) {}

  clean(): string {
    while (this.at < this.css.length) this.token();
    return this.out;
  }

  /** Nothing that follows can be joined to its last token. */
  cleanPiece(): string {
    this.clean();
    return this.isClosed ? this.out : this.out + SEPARATOR;
  }

  private token(): void {
    const next = this.css[this.at] ?? '';
    this.isClosed = true;
    if (this.css.startsWith('/*', this.at)) this.comment();
    else if (next === '"' || next === "'") this.out += quoted(this.string());
    else if (next === '@') this.atRule();
    else if (this.startsName()) this.name();
    else if (next === '/' || next === '\\') {
      // A backslash that escapes nothing could escape what the next piece begins with.
      this.out += next === '/' ? next : SEPARATOR;
      this.isClosed = next !== '/';
      this.at++;
    } else {
      const run = this.run(plain);
      this.out += run;
      this.isClosed = lone.has(run.at(-1) ?? '');
    }
  }

  /** The characters here that match. */
  private run(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.css)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private comment(): void {
    const end = this.css.indexOf('*/', this.at + 2);
    this.at = end < 0 ? this.css.length : end + 2;
    this.out += SEPARATOR;
  }

  /** Its decoded content. A string that its line ends without a quote ends with the line. */
  private string(): string {
    const quote = this.css[this.at++];
    let content = '';
    while (this.at < this.css.length) {
      const next = this.css[this.at] ?? '';
      if (next === quote) {
        this.at++;
        break;
      }
      if (/[\n\r\f]/.test(next)) break;
      content += next === '\\' ? this.escapeInString() : next;
      if (next !== '\\') this.at++;
    }
    return content;
  }

  private escapeInString(): string {
    const newline = /\\(?:\r\n|[\n\r\f])/y;
    newline.lastIndex = this.at;
    const skipped = newline.exec(this.css);
    if (skipped) this.at += skipped[0].length;
    return skipped ? '' : this.escape();
  }

  /** The character that the escape here stands for. */
  private escape(): string {
    escape.lastIndex = this.at;
    const found = escape.exec(this.css);
    this.at += found?.[0].length ?? 1;
    if (!found) return '';
    const code = found[1] === undefined ? undefined : parseInt(found[1], 16);
    if (code === undefined) return found[0].slice(1);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }

  private startsName(): boolean {
    const next = this.css[this.at] ?? '';
    escape.lastIndex = this.at;
    return nameCharacter.test(next) || (next === '\\' && escape.test(this.css));
  }

  /** The name here, decoded; `this.at` is behind it. */
  private readName(): string {
    let name = '';
    while (this.startsName()) {
      if (this.css[this.at] === '\\') name += this.escape();
      else name += this.run(plainName);
    }
    return name;
  }

  private name(): void {
    const start = this.at;
    this.isClosed = false;
    // Browsers do not agree on which characters beyond ASCII belong to a name: only what follows the last one counts.
    const name = this.readName()
      .toLowerCase()
      .replace(/^.*[^\w-]/s, '');
    const isFunction = this.css[this.at] === '(';
    if (isFunction && name === 'url') this.url();
    else if (isFunction && loading.test(name)) {
      this.skipBlock();
      this.out += 'none';
    } else this.out += this.css.slice(start, this.at);
  }

  private url(): void {
    this.at++;
    this.skipWhitespace();
    const next = this.css[this.at];
    const target = next === '"' || next === "'" ? this.string() : this.unquoted();
    const end = this.css.indexOf(')', this.at);
    this.at = end < 0 ? this.css.length : end + 1;
    this.out += isInlineImage(target) || /^#[\w-]*$/.test(target) ? `url(${quoted(target)})` : 'none';
  }

  private unquoted(): string {
    let target = '';
    while (this.at < this.css.length && !/[)\s]/.test(this.css[this.at] ?? '')) {
      if (this.css[this.at] === '\\') target += this.escape();
      else target += this.css[this.at++];
    }
    return target;
  }

  private atRule(): void {
    const start = this.at++;
    const name = this.readName().toLowerCase();
    if (!/^(?:import|namespace|charset)$/.test(name)) {
      this.at = start + 1;
      this.out += '@';
      this.isClosed = false;
      return;
    }
    this.skipTo(';');
    this.out += SEPARATOR;
  }

  private skipWhitespace(): void {
    this.run(whitespace);
  }

  /** Behind the parenthesis that closes the one here. */
  private skipBlock(): void {
    this.at++;
    this.skipTo(')');
  }

  /** Behind `end`, over strings, comments and what stands in parentheses. */
  private skipTo(end: string): void {
    for (let depth = 0; this.at < this.css.length;) {
      const next = this.css[this.at];
      if (this.css.startsWith('/*', this.at)) {
        const close = this.css.indexOf('*/', this.at + 2);
        this.at = close < 0 ? this.css.length : close + 2;
        continue;
      }
      if (next === '"' || next === "'") {
        this.string();
        continue;
      }
      if (next === '\\') {
        this.escape();
        continue;
      }
      this.at++;
      if (next === end && depth === 0) return;
      if (next === '(') depth++;
      if (next === ')') depth--;
    }
  }
}

function quoted(content: string): string {
  const escaped = content.replace(/["\\\n\r\f]/g, (character) =>
    character === '"' || character === '\\' ? `\\${character}` : `\\${character.charCodeAt(0).toString(16)} `,
  );
  return `"${escaped}"`;
}
