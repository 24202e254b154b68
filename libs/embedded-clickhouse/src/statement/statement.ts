import { Exception } from '../exception.js';
import { analyseInsert, type InsertStatement } from './insert.js';
import { quoted } from './quote.js';
import { killByQueryId } from './tag.js';
import { type Token, tokensOf } from './tokens.js';

/** A statement whose whole text is known. */
export interface PlainStatement {
  /** `write`: `INSERT … SELECT`. `other`: the rest, such as DDL and SHOW. */
  readonly kind: 'select' | 'write' | 'kill' | 'other' | 'empty';
  readonly sql: string;
  /** The format that the statement names itself. */
  readonly format: string | undefined;
  /** The same statement, its result written to the file instead. */
  intoFile(file: string, format: string): string;
}

export type Statement = PlainStatement | InsertStatement;

/**
 * Reads what kind of statement begins here. Throws SYNTAX_ERROR for a second statement behind a semicolon, which the
 * engine would run, and BAD_ARGUMENTS for a statement that names files of the engine's machine.
 */
export function analyse(text: Buffer): Statement {
  const sql = text.toString('latin1');
  const first = firstWord(sql);
  const insert = first === 'INSERT' ? analyseInsert(text, sql) : undefined;
  return insert ?? analysePlain(text, sql, first);
}

function firstWord(sql: string): string | undefined {
  for (const { value } of tokensOf(sql)) if (value !== '(') return value;
  return undefined;
}

function analysePlain(text: Buffer, sql: string, first: string | undefined): PlainStatement {
  const tokens = [...tokensOf(sql)];
  const semicolon = tokens.findIndex(({ value }) => value === ';');
  if (semicolon !== -1 && tokens.slice(semicolon).some(({ value }) => value !== ';')) {
    throw new Exception(62, 'SYNTAX_ERROR', 'Syntax error: Multi-statements are not allowed.');
  }
  const own = semicolon === -1 ? tokens : tokens.slice(0, semicolon);
  const end = semicolon === -1 ? text.length : tokens[semicolon]!.start;
  const words = own.filter(({ depth }) => depth === 0);
  if (words.some(({ value }, at) => value === 'INTO' && words[at + 1]?.value === 'OUTFILE')) {
    throw new Exception(36, 'BAD_ARGUMENTS', 'INTO OUTFILE is not allowed over HTTP.');
  }
  const kind = kindOf(first);
  const formatWord = formatWordOf(words);
  const part = (from: number, to: number): string => text.toString('utf8', from, to);
  return {
    kind,
    sql: kind === 'kill' ? killByQueryId(text, own, end) : part(0, end),
    format: formatWord?.format,
    intoFile(file, format) {
      const into = `INTO OUTFILE ${quoted(file)}`;
      if (formatWord === undefined) return `${part(0, end)}\n${into} FORMAT ${format}`;
      return `${part(0, formatWord.at)}${into} ${part(formatWord.at, end)}`;
    },
  };
}

function kindOf(first: string | undefined): PlainStatement['kind'] {
  if (first === undefined || first === ';') return 'empty';
  if (first === 'SELECT' || first === 'WITH') return 'select';
  if (first === 'INSERT') return 'write';
  return first === 'KILL' ? 'kill' : 'other';
}

/** `FORMAT X`, at the end or before SETTINGS. */
function formatWordOf(words: readonly Token[]): { readonly at: number; readonly format: string } | undefined {
  const index = words.findLastIndex(({ value }, at) => {
    const [format, next] = words.slice(at + 1, at + 3);
    return value === 'FORMAT' && format?.kind === 'word' && (next === undefined || next.value === 'SETTINGS');
  });
  return index === -1 ? undefined : { at: words[index]!.start, format: words[index + 1]!.raw };
}
