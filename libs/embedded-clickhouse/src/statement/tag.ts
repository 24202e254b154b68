/**
 * The engine chooses the query id of every statement itself. A comment in the statement carries the client's id, and KILL
 * QUERY from another connection finds the statement by it.
 */
import { quoted } from './quote.js';
import type { Token } from './tokens.js';

const mark = 'query_id=';

export function tagOf(queryId: string): string {
  // Percent-encoding leaves asterisks, and one before a slash would end the comment.
  return `/*${mark}${encodeURIComponent(queryId).replaceAll('*', '%2A')}*/`;
}

const taggedId = String.raw`decodeURLComponent(extract(query, '/\\*${mark}([^*]*)\\*/'))`;

export function killStatement(queryId: string): string {
  return `KILL QUERY WHERE position(query, ${quoted(tagOf(queryId))}) > 0 AND query_kind != 'KillQuery' FORMAT Null`;
}

/** Every statement of a client. */
export const killAllStatement = `KILL QUERY WHERE position(query, '/*${mark}') > 0 FORMAT Null`;

/** A client's KILL QUERY, with the client's ids instead of the engine's; never SYNC, which does not return in chdb. */
export function killByQueryId(text: Buffer, tokens: readonly Token[], end: number): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { value, start, end: tokenEnd } of tokens) {
    const replacement = replacements.get(value);
    if (replacement === undefined) continue;
    pieces.push(text.toString('utf8', from, start), replacement);
    from = tokenEnd;
  }
  return [...pieces, text.toString('utf8', from, end)].join('');
}

const replacements: ReadonlyMap<string, string> = new Map([
  ['QUERY_ID', taggedId],
  ['SYNC', 'ASYNC'],
]);
