import type * as appRoleModule from '../../src/platform/database/app-role.js';
import type * as dataSourceModule from '../../src/platform/database/data-source.js';
import type * as databaseModule from '../../src/platform/database/index.js';
import type * as scopeModule from '../../src/platform/scope/index.js';
import type * as clockModule from '../../src/platform/clock/clock.js';
import type * as abilityModule from '../../src/platform/access/ability.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import type { Caller } from '../../src/platform/caller/caller.js';
import type { Scope } from '../../src/platform/scope/index.js';
import type { Statement, Transaction as TransactionType } from '../../src/platform/database/index.js';
import { ownerUrlOf } from './database.js';
import { root } from './paths.js';

/** A module of the built product. */
/** How old a proof may be where a recent one is needed: no statement here needs one. */
const RECENT_MS = 600_000;

export async function product<Module>(path: string): Promise<Module> {
  // Built apart from this folder; the caller names the source's type.
  return (await import(join(root, 'dist/compiled', path))) as Module;
}

export interface Sent {
  readonly statement: Statement;
  readonly values: unknown[];
}

/** The product's road to the database of a running server, in this process. */
export class Stores {
  private constructor(
    private readonly dataSource: DataSource,
    /** Plain connections as the server's role. */
    readonly app: Pool,
    /** Plain connections as the owner, who bypasses row-level security. */
    readonly owner: Pool,
    private readonly open: (caller: Caller, readOnly: boolean) => Scope,
    private readonly recording: { sent: Sent[] | undefined },
    /** Of the server's role. */
    readonly url: string,
    readonly masterKey: Buffer,
  ) {}

  static async connect(dataDir: string, connections: number): Promise<Stores> {
    const ownerUrl = await ownerUrlOf(dataDir);
    const { appUrl } = await product<typeof appRoleModule>('platform/database/app-role.js');
    const { appDataSource } = await product<typeof dataSourceModule>('platform/database/data-source.js');
    const { Database, Transaction } = await product<typeof databaseModule>('platform/database/index.js');
    const { Scope } = await product<typeof scopeModule>('platform/scope/index.js');
    const { Clock } = await product<typeof clockModule>('platform/clock/clock.js');
    const { Abilities } = await product<typeof abilityModule>('platform/access/ability.js');
    const masterKey = Buffer.from((await readFile(join(dataDir, 'master.key'), 'utf8')).trim(), 'base64');
    const url = appUrl(ownerUrl, masterKey);
    const dataSource = appDataSource(
      url,
      [],
      { size: connections, applicationName: 'bench' },
      pino({ level: 'silent' }),
    );
    await dataSource.initialize();
    const [database, clock, abilities] = [new Database(dataSource), new Clock(), new Abilities()];
    const recording: { sent: Sent[] | undefined } = { sent: undefined };
    const execute = Transaction.prototype.execute;
    Transaction.prototype.execute = function (this: TransactionType, statement, values = []) {
      recording.sent?.push({ statement, values });
      return execute.call(this, statement, values);
    } as typeof execute;
    const open = (caller: Caller, readOnly: boolean): Scope =>
      new Scope({ caller, requestId: 'bench', readOnly }, abilities.of(caller), database, clock, RECENT_MS);
    const pool = (connectionString: string): Pool =>
      new Pool({ connectionString, max: connections, pipeline: true });
    return new Stores(dataSource, pool(url), pool(ownerUrl), open, recording, url, masterKey);
  }

  /** As a call that only reads does it. */
  read<T>(caller: Caller, work: (scope: Scope) => Promise<T>): Promise<T> {
    return settled(this.open(caller, true), work);
  }

  /** As a call that writes, or a job, does it: one scope, committed. */
  run<T>(caller: Caller, work: (scope: Scope) => Promise<T>): Promise<T> {
    return settled(this.open(caller, false), work);
  }

  /** What the stores send for `work`. */
  async sentBy(caller: Caller, work: (scope: Scope) => Promise<unknown>): Promise<Sent[]> {
    const sent: Sent[] = [];
    this.recording.sent = sent;
    await this.run(caller, work);
    this.recording.sent = undefined;
    return sent;
  }

  async end(): Promise<void> {
    await Promise.all([this.dataSource.destroy(), this.app.end(), this.owner.end()]);
  }
}

async function settled<T>(scope: Scope, work: (scope: Scope) => Promise<T>): Promise<T> {
  try {
    const result = await work(scope);
    await scope.commit();
    return result;
  } catch (error) {
    await scope.rollback();
    throw error;
  }
}
