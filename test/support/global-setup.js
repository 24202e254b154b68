import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { isBuilt } from '../../scripts/lib/sources.mjs';

/** One PostgreSQL for the whole run, with a migrated template database that every spec file clones. */
export default async function setUp() {
  if (!isBuilt(process.cwd())) execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const { startEmbeddedPostgres } = await import('../../dist/compiled/platform/database/embedded/index.js');
  const { createTemplate } = await import('./template-database.js');
  const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-test-'));
  const quiet = { info: () => undefined, error: (message) => console.error(message) };
  const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
  await forgoDurability(postgres.url);
  await createTemplate(postgres.url);
  process.env.DOVECOTE_TEST_DATABASE_URL = postgres.url;
  // Jest hands nothing from set-up to tear-down but globals.
  globalThis.stopTestDatabase = () => postgres.stop();
}

/** Nothing outlives the run. Waiting for the disk is most of the time that cloning and dropping a database takes. */
async function forgoDurability(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    await client.query(`alter system set ${setting} = off`);
  }
  await client.query("alter system set checkpoint_timeout = '1h'");
  await client.query("alter system set max_wal_size = '8GB'");
  await client.query('select pg_reload_conf()');
  await client.end();
}
