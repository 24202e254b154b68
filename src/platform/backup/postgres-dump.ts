import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { readKeyCheck } from '../database/master-key-check.js';
import { readSchemaState } from '../database/schema-obstacles.js';
import { BackupError, type BackupTarget } from './backup-target.js';
import { type BackupRun, noteBackupRun } from './backup-run.store.js';
import { LinesWriter } from './lines-writer.js';
import type { BackupTable } from './manifest.js';
import {
  type CatalogTable,
  columnList,
  fixTextForms,
  fullName,
  listTables,
  readSequences,
  type SequenceValue,
} from './postgres-catalog.js';

/** Session-wide: one backup at a time. */
const backupLock = 7_263_544;

export interface PostgresDump {
  /** The instant of the snapshot. */
  readonly takenAt: Date;
  readonly version: string;
  readonly migrations: readonly string[];
  readonly tables: readonly BackupTable[];
  readonly keyCheck: string;
}

/** The database of an installation, from which a backup is made while servers use it. */
export class PostgresSource {
  private constructor(
    /** Has the lock, and asks about the present. */
    private readonly client: Client,
    private readonly url: string,
  ) {}

  /** Refuses to be the second one at once. */
  static async open(ownerUrl: string): Promise<PostgresSource> {
    const client = await connect(ownerUrl);
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      backupLock,
    ]);
    if (rows[0]?.taken) return new PostgresSource(client, ownerUrl);
    await client.end();
    throw new BackupError('Another backup of this installation is being made; wait until it ends.');
  }

  /** Bytes of the database on its disk. */
  async size(): Promise<number> {
    const { rows } = await this.client.query<{ size: string }>(
      'select pg_database_size(current_database())::text as size',
    );
    return Number(rows[0]?.size);
  }

  /**
   * Writes the rows of one snapshot. Each table is read in a separate transaction over that snapshot: a table is locked
   * for as long as it is read, so that a migration waits for one table and not for all.
   */
  async dump(target: BackupTarget, onTable: (table: BackupTable) => void): Promise<PostgresDump> {
    const holder = await connect(this.url);
    try {
      await holder.query('begin isolation level repeatable read read only');
      const { rows } = await holder.query<{ id: string; takenAt: Date; version: string }>(
        `select pg_export_snapshot() as id, clock_timestamp() as "takenAt", current_setting('server_version') as version`,
      );
      const [snapshot] = rows;
      if (!snapshot) throw new Error('PostgreSQL exports no snapshot.');
      const tables = await listTables(holder);
      refuseHidden(tables);
      const { applied } = await readSchemaState(holder);
      const keyCheck = await readKeyCheck(holder);
      if (!keyCheck)
        throw new BackupError('The database is not bound to a master key yet: start the server once.');
      const written: BackupTable[] = [];
      for (const table of tables) {
        const done = await this.dumpTable(snapshot.id, table, target);
        written.push(done);
        onTable(done);
      }
      // A column that was added in between is in what was read after it.
      const { applied: now } = await readSchemaState(this.client);
      if (now.join() !== applied.join())
        throw new BackupError('The schema was migrated while the backup was made; make another one.');
      return { ...snapshot, migrations: applied, tables: written, keyCheck: keyCheck.toString('hex') };
    } finally {
      await holder.end();
    }
  }

  /** At the end of a backup: no number that a row of any store has is given again. */
  sequences(): Promise<readonly SequenceValue[]> {
    return readSequences(this.client);
  }

  /** For operators, and best effort: the backup is what it is. */
  async note(run: BackupRun): Promise<void> {
    await noteBackupRun(this.client, run).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async dumpTable(snapshot: string, table: CatalogTable, target: BackupTarget): Promise<BackupTable> {
    const { schema, name, columns } = table;
    const reader = await connect(this.url);
    const writer = new LinesWriter(target, `postgres/${schema}.${name}`);
    try {
      await reader.query('begin isolation level repeatable read read only');
      await reader.query(`set transaction snapshot ${reader.escapeLiteral(snapshot)}`);
      await reader.query(`set local app.backup = 'on'`);
      await reader.query(`lock table ${fullName(reader, table)} in access share mode`);
      await refuseRewritten(reader, table);
      const rows = reader.query(
        copyTo(`copy (select ${columnList(reader, columns)} from ${fullName(reader, table)}) to stdout`),
      );
      for await (const piece of rows as AsyncIterable<Buffer>) await writer.write(piece);
      const files = [...(await writer.end())];
      return {
        schema,
        name,
        columns: [...columns],
        rows: files.reduce((sum, file) => sum + file.rows, 0),
        files,
      };
    } catch (error) {
      writer.destroy();
      throw error;
    } finally {
      await reader.end();
    }
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'dovecote backup',
    connectionTimeoutMillis: 10_000,
  });
  // What is lost fails the statement at hand.
  client.on('error', () => undefined);
  await client.connect();
  await fixTextForms(client);
  return client;
}

function refuseHidden(tables: readonly CatalogTable[]): void {
  const hidden = tables.filter(({ isHidden }) => isHidden).map(({ name }) => name);
  if (hidden.length > 0)
    throw new BackupError(
      `Row-level security hides rows of ${hidden.slice(0, 3).join(', ')} from this role. Run "dovecote migrate" as the owner of the tables, which lets it read them for backups.`,
    );
}

/** A snapshot does not see what was written by a rewrite after it: the table would seem empty. */
async function refuseRewritten(client: Client, { node, ...table }: CatalogTable): Promise<void> {
  const { rows } = await client.query<{ node: string }>(
    'select pg_relation_filenode($1::regclass)::text as node',
    [fullName(client, table)],
  );
  if (rows[0]?.node !== node)
    throw new BackupError(`${table.name} was rewritten while the backup was made; make another one.`);
}
