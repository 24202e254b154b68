import { Exception } from '../exception.js';
import { type Token, tokensOf } from './tokens.js';

/** `INSERT … FORMAT X` or `INSERT … VALUES`, whose rows follow the statement. */
export interface InsertStatement {
  readonly kind: 'insert';
  readonly format: string;
  /** The statement up to where `FROM INFILE` belongs. */
  readonly target: string;
  /** The rest, up to the rows: `SETTINGS … FORMAT X`, or `VALUES`. */
  readonly clauses: string;
  /** Byte offset at which the rows begin. */
  readonly dataAt: number;
}

const clauseWords = new Set(['SETTINGS', 'FORMAT', 'VALUES', 'SELECT', 'WITH', 'FROM', 'WATCH']);

/** Returns undefined for `INSERT … SELECT`, which brings no rows. */
export function analyseInsert(text: Buffer, sql: string): InsertStatement | undefined {
  const tokens = tokensOf(sql);
  skipTarget(tokens);
  let clausesAt: number | undefined;
  let before = '';
  for (const token of tokens) {
    const isName = before === '.';
    before = token.value;
    if (isName || token.depth > 0 || !clauseWords.has(token.value)) continue;
    if (token.value === 'SETTINGS') {
      clausesAt ??= token.start;
      continue;
    }
    if (token.value === 'FROM') {
      throw new Exception(36, 'BAD_ARGUMENTS', 'FROM INFILE is not allowed over HTTP.');
    }
    const at = clausesAt ?? token.start;
    if (token.value === 'VALUES') return insertOf(text, at, token.end, 'Values', token.end);
    if (token.value !== 'FORMAT') return refuseInputFunction(tokens);
    const format = nextOf(tokens);
    if (format?.kind !== 'word') return undefined;
    return insertOf(text, at, format.end, format.raw, startOfRows(sql, format.end));
  }
  return undefined;
}

/** Skips `INSERT INTO [TABLE] [FUNCTION] name`: a table may be called format. */
function skipTarget(tokens: Generator<Token, void>): void {
  const keywords = ['(', 'INSERT', 'INTO', 'TABLE', 'FUNCTION'];
  let token = nextOf(tokens);
  while (token !== undefined && keywords.includes(token.value)) token = nextOf(tokens);
}

function nextOf(tokens: Generator<Token, void>): Token | undefined {
  const next = tokens.next();
  return next.done === true ? undefined : next.value;
}

function insertOf(
  text: Buffer,
  clausesAt: number,
  clausesEnd: number,
  format: string,
  dataAt: number,
): InsertStatement {
  return {
    kind: 'insert',
    format,
    target: text.toString('utf8', 0, clausesAt),
    clauses: text.toString('utf8', clausesAt, clausesEnd),
    dataAt,
  };
}

/** Rows begin after the first line break, or else after the blanks: a row may begin with a line break. */
function startOfRows(sql: string, from: number): number {
  return from + (/^[ \t\f]*\r?\n?/.exec(sql.slice(from, from + 1_024))?.[0].length ?? 0);
}

/** The engine would run it with no rows at all. */
function refuseInputFunction(tokens: Generator<Token, void>): undefined {
  let last = '';
  for (const token of tokens) {
    if (last === 'INPUT' && token.value === '(') {
      throw new Exception(48, 'NOT_IMPLEMENTED', 'The table function input is not supported.');
    }
    last = token.value;
  }
  return undefined;
}
