/**
 * Splits SQL into tokens as far as it must be understood here: where words stand, and what is a string or a comment and
 * therefore means nothing. The text is latin1, so that positions are byte offsets.
 */
export interface Token {
  readonly kind: 'word' | 'text' | 'symbol';
  readonly raw: string;
  /** A word in upper case, a symbol as it is; empty for strings, quoted names and numbers. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets are open around it. */
  readonly depth: number;
}

const space = String.raw`\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/`;
const string = String.raw`'(?:\\[\s\S]|''|[^'\\])*'`;
const quotedName = String.raw`"(?:\\[\s\S]|""|[^"\\])*"|${'`'}(?:\\[\s\S]|${'``'}|[^${'`'}\\])*${'`'}`;
const heredoc = String.raw`\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$`;
const number = String.raw`\d[\w.]*`;
const pattern = new RegExp(
  `(?<space>${space})|(?<text>${string}|${quotedName}|${heredoc}|${number})|(?<word>[A-Za-z_]\\w*)|(?<symbol>[\\s\\S])`,
  'gy',
);

export function* tokensOf(sql: string): Generator<Token, void> {
  const scanner = new RegExp(pattern);
  let depth = 0;
  for (let match = scanner.exec(sql); match !== null; match = scanner.exec(sql)) {
    const { text, word, symbol } = match.groups ?? {};
    const [raw] = match;
    if (symbol !== undefined && ')]}'.includes(symbol)) depth -= 1;
    const place = { raw, start: match.index, end: match.index + raw.length, depth };
    if (word !== undefined) yield { kind: 'word', value: word.toUpperCase(), ...place };
    else if (text !== undefined) yield { kind: 'text', value: '', ...place };
    else if (symbol !== undefined) yield { kind: 'symbol', value: symbol, ...place };
    if (symbol !== undefined && '([{'.includes(symbol)) depth += 1;
  }
}
