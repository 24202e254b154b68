import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Run } from '../engine/engine.js';
import { analyse, type PlainStatement } from '../statement/statement.js';
import type { InsertStatement } from '../statement/insert.js';
import { openBody, readAll, readHead } from './body.js';
import { fieldsOf } from './multipart.js';
import { parametersOf, type Request } from './request.js';

/** An INSERT with the begin of its rows and the rest of them. */
export interface RowsStatement extends InsertStatement {
  readonly firstRows: Buffer;
  readonly moreRows: Readable;
}

export interface ReadStatement {
  readonly statement: PlainStatement | RowsStatement;
  /** Those of the body as well. */
  readonly parameters: Run['parameters'];
}

/** A statement that brings rows shows within so many bytes what it is. */
const HEAD_BYTES = 1024 * 1024;

/** Reads the statement; the rows of an INSERT stay in the stream. */
export async function readStatement(
  request: Request,
  message: IncomingMessage,
  maxBytes: number,
): Promise<ReadStatement> {
  const body = openBody(message);
  const { parameters } = request;
  const contentType = message.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data')) {
    const fields = fieldsOf(await readAll(Buffer.alloc(0), body, maxBytes), contentType);
    const text = Buffer.from(request.query ?? fields.find(([name]) => name === 'query')?.[1] ?? '');
    return {
      statement: withRows(text, Readable.from([])),
      parameters: [...parameters, ...parametersOf(fields)],
    };
  }
  const query = Buffer.from(request.query === undefined ? '' : `${request.query}\n`);
  const { head, isWhole } = await readHead(body, HEAD_BYTES);
  const begin = Buffer.concat([query, head]);
  if (isWhole) return { statement: withRows(begin, Readable.from([])), parameters };
  const statement = beginsInsert(begin) ? withRows(begin, body) : undefined;
  if (statement?.kind === 'insert') return { statement, parameters };
  return { statement: withRows(await readAll(begin, body, maxBytes), Readable.from([])), parameters };
}

function withRows(text: Buffer, moreRows: Readable): PlainStatement | RowsStatement {
  const statement = analyse(text);
  if (statement.kind !== 'insert') return statement;
  return { ...statement, firstRows: text.subarray(statement.dataAt), moreRows };
}

function beginsInsert(text: Buffer): boolean {
  return /^(?:\s+|--[^\n]*\n|\/\*[^]*?\*\/)*insert\b/i.test(text.toString('latin1', 0, 4_096));
}
