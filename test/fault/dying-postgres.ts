import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { appUrl } from '../../src/platform/database/app-role.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import type { TestDatabase } from '../support/test-database.js';

/** A PostgreSQL of a spec's own, which it may stop: that of the others is not. */
export class DyingPostgres {
  readonly database: TestDatabase;
  private readonly dataDir: string;
  private readonly server: EmbeddedPostgres;

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.dataDir = dataDir;
    this.server = server;
    this.database = databaseThatMayBeAway(server.url);
  }

  static async start(): Promise<DyingPostgres> {
    const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-restart-'));
    const log = { info: () => undefined, error: () => undefined };
    const server = await startEmbeddedPostgres({ dataDir, log });
    await migrate({ ownerUrl: server.url, masterKey: testMasterKey }, pino({ level: 'silent' }));
    return new DyingPostgres(dataDir, server);
  }

  /** As `pg_ctl stop -m immediate`, or a power cut: nothing is finished. The embedded server starts itself again. */
  async stopImmediately(): Promise<void> {
    const [pid] = (await readFile(join(this.dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    const began = await this.database.query<{ at: Date }>('select pg_postmaster_start_time() as at');
    process.kill(Number(pid), 'SIGQUIT');
    await eventually('PostgreSQL is back', async () => {
      const [row] = await this.database.query<{ at: Date }>('select pg_postmaster_start_time() as at');
      return row && row.at > (began[0]?.at ?? new Date());
    });
  }

  async remove(): Promise<void> {
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Connects for each statement: none of its connections can be lost between two. */
function databaseThatMayBeAway(ownerUrl: string): TestDatabase {
  return {
    ownerUrl,
    appUrl: appUrl(ownerUrl, testMasterKey),
    async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
      const client = new Client({ connectionString: ownerUrl });
      await client.connect();
      try {
        return (await client.query(text, values)).rows as Row[];
      } finally {
        await client.end();
      }
    },
    drop: () => Promise.resolve(),
  };
}
