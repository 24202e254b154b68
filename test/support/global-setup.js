import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

/** One PostgreSQL for the whole run, with a migrated template database that every spec file clones. */
export default async function setUp() {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const { startEmbeddedPostgres } = await import('../../dist/platform/database/embedded/index.js');
  const { createTemplate } = await import('./template-database.js');
  const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-test-'));
  const quiet = { info: () => undefined, error: (message) => console.error(message) };
  const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
  await createTemplate(postgres.url);
  process.env.DOVECOTE_TEST_DATABASE_URL = postgres.url;
  // Jest hands nothing from set-up to tear-down but globals.
  globalThis.stopTestDatabase = () => postgres.stop();
}
