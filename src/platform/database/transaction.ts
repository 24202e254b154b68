import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { endSpan, spanOfStatement } from '../telemetry/tracing.js';
import { cancelRequest } from './cancel-request.js';
import { sendInOneWrite } from './one-write.js';
import { hasPrepared, runScoped } from './scoped-query.js';
import type { Statement } from './statement.js';

/** By what kind of name a row is found before its organization is known, and the name. */
interface Lookup {
  kind: 'invite_link' | 'short_code' | 'sso_connection' | 'sso_domain' | 'sso_provider';
  key: string;
}

/** For whom the transaction runs; row-level security decides by these settings. */
export interface TransactionSettings {
  orgId?: string;
  /** The signed-in person: shows their own memberships in every organization. */
  identityId?: string;
  /** SHA-256 of a presented API key: shows the one row that has it. */
  apiKeyHash?: Buffer;
  /** The public name of one row: shows that row, and with it whose it is. */
  lookup?: Lookup;
  /** Whatever tries to write is refused; each statement sees its own moment, as it would in one transaction. */
  readOnly?: boolean;
  /** Stops the running statement when it fires. */
  signal?: AbortSignal;
}

/** Between two requests to cancel, the first time; each next one waits twice as long. */
const CANCEL_AGAIN_MS = 100;
const SELDOM_MS = 5_000;

const setScope: Statement = {
  name: 'transaction.set_scope',
  text: `select set_config('app.org_id', $1, true), set_config('app.identity_id', $2, true),
                set_config('app.api_key_hash', $3, true), set_config('app.lookup', $4, true),
                set_config('transaction_read_only', $5, true)`,
};

/**
 * One PostgreSQL transaction under the app role, for one organization. `begin`, the settings and the first
 * query are pipelined in one round trip. For reads, each statement is a separate transaction: at isolation
 * level read committed, a common one would not see a consistent snapshot either.
 */
export class Transaction {
  private begun = false;
  private finished = false;
  /** A query that was sent before this failed must not count: it would have run outside the transaction. */
  private opened: Promise<unknown> = Promise.resolve();
  private cancelling: Promise<unknown> | undefined;
  private readonly ended = new AbortController();

  private constructor(
    private readonly runner: QueryRunner,
    private readonly client: PoolClient,
    private readonly settings: TransactionSettings,
  ) {}

  static async begin(dataSource: DataSource, settings: TransactionSettings): Promise<Transaction> {
    const runner = dataSource.createQueryRunner();
    // TypeORM types the driver's connection as any; for PostgreSQL it is pg's pooled client.
    const client = (await runner.connect()) as PoolClient;
    const transaction = new Transaction(runner, client, settings);
    // The first to use a connection prepares the statement that sets the scope.
    if (!settings.readOnly || !hasPrepared(client, setScope.name)) transaction.open();
    settings.signal?.addEventListener('abort', transaction.cancel, { once: true });
    return transaction;
  }

  private open(): void {
    const values = scopeValues(this.settings);
    this.begun = true;
    sendInOneWrite(this.client);
    // Not awaited here but with the first query, so that they leave in one flight.
    this.opened = Promise.all([this.client.query('begin'), this.client.query({ ...setScope, values })]);
    this.opened.catch(() => undefined);
    // TypeORM refuses row locks outside a transaction, and only believes in those that it began itself.
    Object.assign(this.runner, { isTransactionActive: true });
  }

  /** For entities: find, insert, update, delete. Never `save`: it opens transactions itself. */
  get entities(): EntityManager {
    this.settings.signal?.throwIfAborted();
    if (!this.begun) this.open();
    return this.runner.manager;
  }

  /** Rows of a named statement. */
  async query<Row extends QueryResultRow>(statement: Statement, values: unknown[] = []): Promise<Row[]> {
    return (await this.execute<Row>(statement, values)).rows;
  }

  /** The first row of a named statement, if any. */
  async queryOne<Row extends QueryResultRow>(
    statement: Statement,
    values: unknown[] = [],
  ): Promise<Row | undefined> {
    return (await this.execute<Row>(statement, values)).rows[0];
  }

  async execute<Row extends QueryResultRow>(
    statement: Statement,
    values: unknown[] = [],
  ): Promise<QueryResult<Row>> {
    this.settings.signal?.throwIfAborted();
    const name = statement.plannedEachTime ? undefined : statement.name;
    const span = spanOfStatement(statement.name);
    const sent = this.send<Row>({ name, text: statement.text, values });
    if (span)
      sent.then(
        () => endSpan(span),
        () => endSpan(span, 'failed'),
      );
    return sent;
  }

  private async send<Row extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<Row>> {
    if (!this.begun) {
      return runScoped<Row>(this.client, query, { name: setScope.name, values: scopeValues(this.settings) });
    }
    const [result] = await Promise.all([this.client.query<Row>(query), this.opened]);
    return result;
  }

  async commit(): Promise<void> {
    await this.finish('commit');
  }

  async rollback(): Promise<void> {
    await this.finish('rollback');
  }

  private async finish(command: 'commit' | 'rollback'): Promise<void> {
    if (this.finished) return;
    this.finished = true;
    this.ended.abort();
    this.settings.signal?.removeEventListener('abort', this.cancel);
    try {
      // A cancel request that is still travelling must not hit the connection's next user.
      await this.cancelling;
      if (!this.begun && !this.cancelling) return;
      const result = await this.client.query((await this.isOpen()) ? command : 'rollback');
      // PostgreSQL answers ROLLBACK to the commit of a failed transaction; that must not pass for success.
      if (command === 'commit' && this.begun && result.command !== 'COMMIT')
        throw new Error('The transaction was rolled back.');
    } finally {
      await this.runner.release();
    }
  }

  private isOpen(): Promise<boolean> {
    return this.opened.then(
      () => true,
      () => false,
    );
  }

  private readonly cancel = (): void => {
    this.cancelling = this.cancelUntilEnded();
  };

  /** A request that arrives before its statement has begun cancels nothing: it is made again until all is over. */
  private async cancelUntilEnded(): Promise<void> {
    const { signal } = this.ended;
    for (let pause = CANCEL_AGAIN_MS; !signal.aborted; pause = Math.min(2 * pause, SELDOM_MS)) {
      await cancelRequest(this.client).catch(() => undefined);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

function scopeValues(settings: TransactionSettings): string[] {
  const { orgId = '', identityId = '', apiKeyHash, lookup, readOnly = false } = settings;
  const found = lookup ? `${lookup.kind}:${lookup.key}` : '';
  return [orgId, identityId, apiKeyHash?.toString('hex') ?? '', found, readOnly ? 'on' : 'off'];
}
