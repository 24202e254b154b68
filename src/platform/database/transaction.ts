import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { QueryConfig, QueryResultRow } from 'pg';
import { endSpan, spanOfStatement } from '../telemetry/tracing.js';
import { cancelRequest } from './cancel-request.js';
import type { LentConnection, WorkKind } from './connections.js';
import { sendInOneWrite } from './one-write.js';
import type { Statement } from './statement.js';
import { hasPrepared, runStatement, type StatementResult } from './statement-query.js';

/**
 * By what kind of name a row is found before its organization is known, and the name. The rows of `ingest_queue` and
 * `profiles` belong to all organizations: the drain and the operator's commands find the ones by `drain`, the mirror the
 * others by `mirror`, the count of events those of `usage` by `all`, and the retention of recordings theirs.
 */
interface Lookup {
  kind:
    | 'board_share'
    | 'delivery_events'
    | 'ingest_queue'
    | 'invite_link'
    | 'profiles'
    | 'project'
    | 'replay'
    | 'short_code'
    | 'sso_connection'
    | 'sso_domain'
    | 'sso_provider'
    | 'usage';
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
  /** The kind of work that shares scarce connections; `call` by default. */
  kind?: WorkKind;
  /** The same work holds a connection already, and waits for this transaction. */
  isSecond?: boolean;
  /** Stops the running statement when it fires. */
  signal?: AbortSignal;
}

/** What the processes that listen on a PostgreSQL channel are told with the commit. */
export interface Announcement {
  channel: string;
  payload: string;
}

/** Between two requests to cancel, the first time; each next one waits twice as long. */
const CANCEL_AGAIN_MS = 100;
const SELDOM_MS = 5_000;

/**
 * A process that is suspended in a transaction, or whose machine disappears, keeps its locks no longer than that. An engine may
 * take a minute to insert what a transaction waits for.
 */
const SUSPENDED_MS = 120_000;

const setScope: Statement = {
  name: 'transaction.set_scope',
  text: `select set_config('app.org_id', $1, true), set_config('app.identity_id', $2, true),
                set_config('app.api_key_hash', $3, true), set_config('app.lookup', $4, true),
                set_config('transaction_read_only', $5, true),
                set_config('idle_in_transaction_session_timeout', '${SUSPENDED_MS}', true)`,
};

const notify: Statement = { name: 'transaction.notify', text: 'select pg_notify($1, $2)', onlyReads: false };

/** Not a statement that stands alone, also in transactions that only read: it would end with the setting. */
const limitStatements: Statement = {
  name: 'transaction.limit_statements',
  text: `select set_config('statement_timeout', $1, true)`,
  onlyReads: false,
};

/** PostgreSQL says so of a statement that was cancelled, by us or because it took too long. */
const CANCELLED = '57014';

/** A statement took longer than `limitStatements` allows. */
export class StatementTimeout extends Error {}

/**
 * One PostgreSQL transaction under the app role, for one organization. `begin`, the settings and the first statement
 * are pipelined in one round trip. Nothing begins before the first statement that may write: until then each statement
 * that only reads is a separate transaction. At isolation level read committed, a common one would not see a
 * consistent snapshot either.
 */
export class Transaction {
  private begun = false;
  private finished = false;
  /** A query that was sent before this failed must not count: it would have run outside the transaction. */
  private opened: Promise<unknown> = Promise.resolve();
  private runner: QueryRunner | undefined;
  private cancelling: Promise<unknown> | undefined;
  private isLimited = false;
  private readonly announced: Announcement[] = [];
  /** Made when the signal fires: most transactions never need it. */
  private ended: AbortController | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lent: LentConnection,
    private readonly settings: TransactionSettings,
    private readonly onCommitted: (announced: readonly Announcement[]) => void,
  ) {
    settings.signal?.addEventListener('abort', this.cancel, { once: true });
  }

  private open(): void {
    const { client } = this.lent;
    this.begun = true;
    sendInOneWrite(client);
    // Not awaited here but with the first query, so that they leave in one flight.
    this.opened = Promise.all([
      client.query('begin'),
      runStatement(client, { ...setScope, values: scopeValues(this.settings, this.settings.readOnly) }),
    ]);
    this.opened.catch(() => undefined);
  }

  /** For entities: find, insert, update, delete. Never `save`: it opens transactions itself. */
  get entities(): EntityManager {
    this.settings.signal?.throwIfAborted();
    if (!this.begun) this.open();
    return (this.runner ??= this.entityRunner()).manager;
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

  /**
   * From now on a statement that takes longer throws StatementTimeout, its waits for locks included: for statements whose cost
   * the caller decides.
   */
  async limitStatements(milliseconds: number): Promise<void> {
    this.isLimited = true;
    await this.execute(limitStatements, [String(milliseconds)]);
  }

  async execute<Row extends QueryResultRow>(
    statement: Statement,
    values: unknown[] = [],
  ): Promise<StatementResult<Row>> {
    this.settings.signal?.throwIfAborted();
    const name = statement.plannedEachTime ? undefined : statement.name;
    const span = spanOfStatement(statement.name);
    const query = { name, text: statement.text, values };
    const sent = this.isLimited ? this.sendLimited<Row>(query, statement) : this.send<Row>(query, statement);
    if (span)
      sent.then(
        () => endSpan(span),
        () => endSpan(span, 'failed'),
      );
    return sent;
  }

  /** Told with the commit: this process as it returns, the others over LISTEN. */
  async announce(announcement: Announcement): Promise<void> {
    await this.execute(notify, [announcement.channel, announcement.payload]);
    this.announced.push(announcement);
  }

  private async sendLimited<Row extends QueryResultRow>(
    query: QueryConfig,
    statement: Statement,
  ): Promise<StatementResult<Row>> {
    try {
      return await this.send<Row>(query, statement);
    } catch (error) {
      if ((error as { code?: unknown }).code !== CANCELLED || this.settings.signal?.aborted) throw error;
      throw new StatementTimeout(`The statement ${statement.name} took too long.`, { cause: error });
    }
  }

  private async send<Row extends QueryResultRow>(
    query: QueryConfig,
    { onlyReads = this.settings.readOnly, commitsAlone }: Statement,
  ): Promise<StatementResult<Row>> {
    const { client } = this.lent;
    const standsAlone = onlyReads || commitsAlone;
    // The first to use a connection prepares the statement that sets the scope.
    if (!this.begun && (!standsAlone || !hasPrepared(client, setScope.name))) this.open();
    if (!this.begun)
      return runStatement<Row>(client, query, {
        name: setScope.name,
        values: scopeValues(this.settings, onlyReads),
      });
    const sent = runStatement<Row>(client, query);
    sent.catch(() => undefined);
    // First: when the beginning failed, the error of the statement only says that the transaction is aborted.
    await this.opened;
    return sent;
  }

  /** TypeORM's road to our connection. It gives back none that it did not take itself. */
  private entityRunner(): QueryRunner {
    const runner = this.dataSource.createQueryRunner();
    // It refuses row locks outside a transaction, and believes only in those that it began itself.
    return Object.assign(runner, { databaseConnection: this.lent.client, isTransactionActive: true });
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
    this.ended?.abort();
    if (this.runner) Object.assign(this.runner, { isReleased: true });
    this.settings.signal?.removeEventListener('abort', this.cancel);
    try {
      // A cancel request that is still travelling must not hit the connection's next user.
      await this.cancelling;
      if (!this.begun && !this.cancelling) return;
      const result = await this.lent.client.query((await this.isOpen()) ? command : 'rollback');
      // PostgreSQL answers ROLLBACK to the commit of a failed transaction; that must not pass for success.
      if (command === 'commit' && this.begun && result.command !== 'COMMIT')
        throw new Error('The transaction was rolled back.');
      if (command === 'commit') this.onCommitted(this.announced);
    } finally {
      this.lent.giveBack();
    }
  }

  private isOpen(): Promise<boolean> {
    return this.opened.then(
      () => true,
      () => false,
    );
  }

  private readonly cancel = (): void => {
    this.ended = new AbortController();
    this.cancelling = this.cancelUntilEnded(this.ended.signal);
  };

  /** A request that arrives before its statement has begun cancels nothing: it is made again until all is over. */
  private async cancelUntilEnded(signal: AbortSignal): Promise<void> {
    for (let pause = CANCEL_AGAIN_MS; !signal.aborted; pause = Math.min(2 * pause, SELDOM_MS)) {
      await cancelRequest(this.lent.client).catch(() => undefined);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

function scopeValues(settings: TransactionSettings, readOnly = false): string[] {
  const { orgId = '', identityId = '', apiKeyHash, lookup } = settings;
  const found = lookup ? `${lookup.kind}:${lookup.key}` : '';
  return [orgId, identityId, apiKeyHash?.toString('hex') ?? '', found, readOnly ? 'on' : 'off'];
}
