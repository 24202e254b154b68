import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Outcome, Run } from '../engine/engine.js';
import type { Slots } from '../engine/slots.js';
import { Exception } from '../exception.js';
import { quoted } from '../statement/quote.js';
import type { PlainStatement } from '../statement/statement.js';
import { tagOf } from '../statement/tag.js';
import { type AnswerContext, answerFile, answerStream, answerWhole } from './answer.js';
import { readAll, spool } from './body.js';
import { wayOut } from './formats.js';
import type { ReadStatement, RowsStatement } from './read-statement.js';
import type { Request } from './request.js';

export interface StatementsOptions {
  readonly engine: Engine;
  readonly slots: Slots;
  /** For KILL QUERY, which must not wait behind the statements that it ends. */
  readonly killSlots: Slots;
  /** Folder of rows before they are inserted and of results before they are sent. */
  readonly spoolDir: string;
  /** Limits of every statement, which a client may change. */
  readonly defaults: Run['settings'];
  readonly maxStatementBytes: number;
  readonly maxBodyBytes: number;
  readonly maxResultBytes: number;
}

export interface StatementRequest extends Omit<Request, 'parameters'>, ReadStatement {
  /** Aborts when the client has hung up. */
  readonly signal: AbortSignal;
}

/** The engine reports written rows only to a call that could bring some. */
const noRows = Buffer.from('\n');

/** Runs statements and answers with their results. */
export class Statements {
  private readonly running = new Set<string>();

  constructor(private readonly options: StatementsOptions) {}

  async execute(request: StatementRequest, context: AnswerContext): Promise<void> {
    const { queryId } = request;
    if (this.running.has(queryId)) throw sameId(queryId);
    this.running.add(queryId);
    const file = join(this.options.spoolDir, randomUUID());
    try {
      await this.dispatch(request, context, file);
    } finally {
      this.running.delete(queryId);
      await rm(file, { force: true });
    }
  }

  private dispatch(request: StatementRequest, context: AnswerContext, file: string): Promise<void> {
    const { statement } = request;
    if (statement.kind === 'empty') throw new Exception(62, 'SYNTAX_ERROR', 'Syntax error: Empty query.');
    if (statement.kind === 'insert') return this.insert(request, statement, context, file);
    return this.plain(request, statement, context, file);
  }

  /** Rows go through a file, because the engine cuts blanks and line breaks off the end of rows behind a statement. */
  private async insert(
    request: StatementRequest,
    { target, clauses, format, firstRows, moreRows }: RowsStatement,
    context: AnswerContext,
    file: string,
  ): Promise<void> {
    const { maxBodyBytes, maxStatementBytes, slots } = this.options;
    const tag = tagOf(request.queryId);
    const isValues = format === 'Values';
    const rows = isValues ? await readAll(firstRows, moreRows, maxStatementBytes) : noRows;
    if (!isValues) await spool(firstRows, moreRows, maxBodyBytes, file);
    const source = isValues ? '' : ` FROM INFILE ${quoted(file)} `;
    const run = this.runOf(request, `${tag}${target}${source}${clauses}`, { rows });
    const outcome = await slots.run(() => this.whole(run, request), request.signal);
    await answerWhole(context, request.format, outcome);
  }

  private plain(
    request: StatementRequest,
    statement: PlainStatement,
    context: AnswerContext,
    file: string,
  ): Promise<void> {
    const { signal } = request;
    const { slots, killSlots } = this.options;
    const format = statement.format ?? request.format;
    const tagged = (sql: string): string => `${sql}\n${tagOf(request.queryId)}`;
    const way = statement.kind === 'select' ? wayOut(format) : 'memory';
    if (way === 'stream' && !request.isWhole) {
      const run = this.runOf(request, tagged(statement.sql));
      return slots.run(() => this.stream(run, request, context, format), signal);
    }
    if (way === 'file') {
      const run = this.runOf(request, tagged(statement.intoFile(file, format)));
      return slots
        .run(() => this.whole(run, request), signal)
        .then((outcome) => answerFile(context, format, { ...outcome, file }));
    }
    const run = this.runOf(request, tagged(statement.sql), {
      rows: statement.kind === 'write' ? noRows : undefined,
      limits: [['max_result_bytes', String(this.options.maxResultBytes)]],
    });
    return (statement.kind === 'kill' ? killSlots : slots)
      .run(() => this.whole(run, request), signal)
      .then((outcome) => answerWhole(context, format, outcome));
  }

  private runOf(
    { format, database, parameters, settings }: StatementRequest,
    sql: string,
    { rows, limits = [] }: { rows?: Buffer | undefined; limits?: Run['settings'] } = {},
  ): Run {
    const all = [...this.options.defaults, ...limits, ...settings];
    return { sql, format, database, parameters, settings: all, ...(rows && { rows }) };
  }

  private whole(run: Run, request: StatementRequest): Promise<Outcome> {
    const outcome = this.options.engine.run(run);
    return this.killedWithItsClient(outcome, request);
  }

  private stream(run: Run, request: StatementRequest, context: AnswerContext, format: string): Promise<void> {
    const pieces = this.options.engine.stream(run);
    // The slot stays taken until the connection is closed, also when the client hangs up before.
    const answered = answerStream(context, format, pieces).finally(() => pieces.return());
    return this.killedWithItsClient(answered, request);
  }

  /** A client that hangs up ends its statement; the slot is free when the engine says so. */
  private async killedWithItsClient<T>(
    work: Promise<T>,
    { queryId, signal }: Pick<StatementRequest, 'queryId' | 'signal'>,
  ): Promise<T> {
    // A kill that fails leaves the statement to its own limits.
    const kill = (): void => void this.options.engine.kill(queryId, work).catch(() => undefined);
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    try {
      return await work;
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }
}

function sameId(queryId: string): Exception {
  const message = `Query with id = ${queryId} is already running.`;
  return new Exception(216, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING', message);
}
