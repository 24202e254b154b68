import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Engine, Outcome, Run } from '../engine/engine.js';
import type { Slots } from '../engine/slots.js';
import { Exception, exceptionOf } from '../exception.js';
import { quoted } from '../statement/quote.js';
import type { PlainStatement } from '../statement/statement.js';
import { tagOf } from '../statement/tag.js';
import { answer, type AnswerContext, answerException } from './answer.js';
import { isAuthorized } from './authorize.js';
import { readAll, spool } from './body.js';
import { readStatement, type RowsStatement } from './read-statement.js';
import { type Request, requestOf } from './request.js';

export interface HandlerOptions {
  readonly engine: Engine;
  readonly slots: Slots;
  /** For KILL QUERY, which must not wait behind the statements that it ends. */
  readonly killSlots: Slots;
  readonly version: string;
  readonly username: string;
  readonly password: string;
  readonly spoolDir: string;
  /** Limits of every statement, which a client may change. */
  readonly defaults: Run['settings'];
  readonly maxStatementBytes: number;
  readonly maxBodyBytes: number;
  readonly timezone: string;
}

/** Answers the requests of ClickHouse's HTTP interface. */
export class Handler {
  private readonly running = new Set<string>();

  constructor(private readonly options: HandlerOptions) {}

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const context = { message, response, version: this.options.version };
    try {
      const request = requestOf(message);
      this.setHeaders(request, response);
      if (request.path === '/ping' || request.path === '/replicas_status') return ok(response);
      if (request.path !== '/') throw new Exception(404, 'NOT_FOUND', `There is no handle ${request.path}.`);
      if (!isAuthorized(request, this.options)) throw authenticationFailed(request.user);
      if (message.method === 'GET' && request.query === undefined) return ok(response);
      await this.execute(request, context);
    } catch (error) {
      if (!response.destroyed) answerException(context, exceptionOf(error));
    }
  }

  private setHeaders(request: Request, response: ServerResponse): void {
    response.setHeader('X-ClickHouse-Server-Display-Name', 'embedded');
    response.setHeader('X-ClickHouse-Query-Id', request.queryId);
    response.setHeader('X-ClickHouse-Timezone', this.options.timezone);
  }

  private async execute(request: Request, context: AnswerContext): Promise<void> {
    const gone = new AbortController();
    context.response.once('close', () => gone.abort());
    const { queryId } = request;
    const { statement, parameters } = await readStatement(
      request,
      context.message,
      this.options.maxStatementBytes,
    );
    if (this.running.has(queryId)) throw sameId(queryId);
    this.running.add(queryId);
    const file = join(this.options.spoolDir, randomUUID());
    try {
      const run = await this.prepare({ ...request, parameters }, statement, file);
      const slots = statement.kind === 'kill' ? this.options.killSlots : this.options.slots;
      const outcome = await slots.run(() => this.run(run, queryId, gone.signal), gone.signal);
      const format = (statement.kind === 'insert' ? undefined : statement.format) ?? request.format;
      await answer(context, outcome, { format, isCompressed: request.isCompressed });
    } finally {
      this.running.delete(queryId);
      if (statement.kind === 'insert') await rm(file, { force: true });
    }
  }

  private async prepare(
    request: Request,
    statement: PlainStatement | RowsStatement,
    file: string,
  ): Promise<Run> {
    const { database, format, settings, parameters, queryId } = request;
    const tag = tagOf(queryId);
    const run = { format, database, parameters, settings: [...this.options.defaults, ...settings] };
    if (statement.kind === 'empty') throw new Exception(62, 'SYNTAX_ERROR', 'Syntax error: Empty query.');
    if (statement.kind === 'write') return { ...run, sql: `${statement.sql}\n${tag}`, rows: noRows };
    if (statement.kind !== 'insert') return { ...run, sql: `${statement.sql}\n${tag}` };
    const { target, clauses, firstRows, moreRows } = statement;
    if (statement.format === 'Values') {
      const rows = await readAll(firstRows, moreRows, this.options.maxStatementBytes);
      return { ...run, sql: `${tag}${target}${clauses}`, rows };
    }
    // From a file, because the engine cuts blanks and line breaks off the end of rows behind a statement.
    await spool(firstRows, moreRows, this.options.maxBodyBytes, file);
    return { ...run, sql: `${tag}${target} FROM INFILE ${quoted(file)} ${clauses}`, rows: noRows };
  }

  /** A client that hangs up ends its statement; the slot is free when the engine says so. */
  private async run(run: Run, queryId: string, gone: AbortSignal): Promise<Outcome> {
    const outcome = this.options.engine.run(run);
    const kill = (): void => void this.options.engine.kill(queryId, outcome);
    gone.addEventListener('abort', kill, { once: true });
    if (gone.aborted) kill();
    try {
      return await outcome;
    } finally {
      gone.removeEventListener('abort', kill);
    }
  }
}

/** The engine reports written rows only to a call that could bring some. */
const noRows = Buffer.from('\n');

function ok(response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.end('Ok.\n');
}

function authenticationFailed(user: string): Exception {
  const message = `${user}: Authentication failed: password is incorrect, or there is no user with such name.`;
  return new Exception(516, 'AUTHENTICATION_FAILED', message);
}

function sameId(queryId: string): Exception {
  const message = `Query with id = ${queryId} is already running.`;
  return new Exception(216, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING', message);
}
