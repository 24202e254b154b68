import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { cancelRequest } from './cancel-request.js';
import { sendInOneWrite } from './one-write.js';
import type { Statement } from './statement.js';

/** For whom the transaction runs; row-level security decides by these settings. */
export interface TransactionSettings {
  orgId?: string;
  /** The signed-in person: shows their own memberships in every organization. */
  identityId?: string;
  /** SHA-256 of a presented API key: shows the one row that has it. */
  apiKeyHash?: Buffer;
  /** The code of a short link: shows which campaign it stands for. */
  shortCode?: string;
  /** Stops the running statement when it fires. */
  signal?: AbortSignal;
}

const setScope: Statement = {
  name: 'transaction.set_scope',
  text: `select set_config('app.org_id', $1, true), set_config('app.identity_id', $2, true),
                set_config('app.api_key_hash', $3, true), set_config('app.short_code', $4, true)`,
};

/**
 * One PostgreSQL transaction under the app role, opened for one organization. `begin`, the settings and the
 * first query leave in one flight (the connection pipelines).
 */
export class Transaction {
  private finished = false;
  /** Nothing that ran without it counts: it would have run outside the transaction, for nobody. */
  private opened: Promise<unknown> = Promise.resolve();
  private cancelling: Promise<unknown> | undefined;

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
    transaction.open();
    return transaction;
  }

  private open(): void {
    const { orgId = '', identityId = '', apiKeyHash, shortCode = '', signal } = this.settings;
    const values = [orgId, identityId, apiKeyHash?.toString('hex') ?? '', shortCode];
    sendInOneWrite(this.client);
    // Not awaited here but with the first query, so that they leave in one flight.
    this.opened = Promise.all([this.client.query('begin'), this.client.query({ ...setScope, values })]);
    this.opened.catch(() => undefined);
    // TypeORM refuses row locks outside a transaction, and only believes in those that it began itself.
    Object.assign(this.runner, { isTransactionActive: true });
    signal?.addEventListener('abort', this.cancel, { once: true });
  }

  /** For entities: find, insert, update, delete. Never `save`: it opens transactions of its own. */
  get entities(): EntityManager {
    this.settings.signal?.throwIfAborted();
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
    const query = this.client.query<Row>({ name, text: statement.text, values });
    const [result] = await Promise.all([query, this.opened]);
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
    this.settings.signal?.removeEventListener('abort', this.cancel);
    try {
      // A cancel request that is still travelling must not hit the connection's next user.
      await this.cancelling;
      const result = await this.client.query((await this.isOpen()) ? command : 'rollback');
      // PostgreSQL answers ROLLBACK to the commit of a failed transaction; that must not pass for success.
      if (command === 'commit' && result.command !== 'COMMIT')
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
    this.cancelling = cancelRequest(this.client).catch(() => undefined);
  };
}
