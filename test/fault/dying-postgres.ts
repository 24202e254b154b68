import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { appUrl } from '../../src/platform/database/app-role.js';
import { locateBinaries } from '../../src/platform/database/embedded/binaries.js';
import { clusterDirOf, readAccess } from '../../src/platform/database/embedded/cluster.js';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { keepRunning } from '../../src/platform/database/embedded/keep-running.js';
import { chooseUser } from '../../src/platform/database/embedded/os-user.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import type { TestDatabase } from '../support/test-database.js';
import type { JumpingClock } from './jumping-clock.js';

const log = { info: () => undefined, error: () => undefined };

interface DyingPostgresOptions {
  /** Where its files are: a new folder by default. */
  readonly folder?: string;
  /** Its clock: that of the machine by default. */
  readonly clock?: JumpingClock;
  /** True by default. */
  readonly migrated?: boolean;
}

/** A PostgreSQL of a spec's own, which it may stop: that of the others is not. */
export class DyingPostgres {
  readonly database: TestDatabase;
  private readonly dataDir: string;
  private readonly stop: () => Promise<void>;

  private constructor(dataDir: string, url: string, stop: () => Promise<void>) {
    this.dataDir = dataDir;
    this.database = databaseThatMayBeAway(url);
    this.stop = stop;
  }

  static async start({ folder, clock, migrated = true }: DyingPostgresOptions = {}): Promise<DyingPostgres> {
    const dataDir = folder ? join(folder, 'data') : await mkdtemp(join(tmpdir(), 'dovecote-restart-'));
    const server = await startEmbeddedPostgres({ dataDir, log });
    const { url } = server;
    let { stop } = server;
    if (clock) {
      await stop();
      stop = await runByClock(dataDir, clock);
    }
    if (migrated) await migrate({ ownerUrl: url, masterKey: testMasterKey }, pino({ level: 'silent' }));
    return new DyingPostgres(dataDir, url, stop);
  }

  /** As `pg_ctl stop -m immediate`, or a power cut: nothing is finished. The embedded server starts itself again. */
  async stopImmediately(): Promise<void> {
    const [pid] = (await readFile(join(this.dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    const began = await this.startedAt();
    process.kill(Number(pid), 'SIGQUIT');
    await eventually('PostgreSQL is back', async () => (await this.startedAt()) !== began);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Tells two starts apart, whatever the clock says. */
  private async startedAt(): Promise<string | undefined> {
    const [row] = await this.database.query<{ at: string }>('select pg_postmaster_start_time()::text as at');
    return row?.at;
  }
}

/** Runs the cluster of the folder again, as the embedded server does, by another clock. */
async function runByClock(dataDir: string, clock: JumpingClock): Promise<() => Promise<void>> {
  const binaries = await locateBinaries();
  const clusterDir = clusterDirOf(dataDir);
  const access = await readAccess(dataDir);
  const postgres = await clock.wrap(binaries.postgres);
  return keepRunning(
    {
      postgres,
      clusterDir,
      port: access?.port ?? 0,
      hasSocket: true,
      user: await chooseUser(clusterDir, [dataDir, binaries.postgres, postgres]),
      logFile: join(dataDir, 'postgres.log'),
    },
    log,
  );
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
