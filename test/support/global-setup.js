import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import { isBuilt } from '../../scripts/lib/sources.mjs';

const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url));

/** One PostgreSQL for the whole run, with a migrated template database that every spec file clones. */
export default async function setUp() {
  // Kept between runs, for the workers and for the servers that specs start.
  process.env.NODE_COMPILE_CACHE ??= compileCache;
  if (!isBuilt(process.cwd())) execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const { startEmbeddedPostgres } = await import('../../dist/compiled/platform/database/embedded/index.js');
  const { createTemplate, forgoDurability } = await import('./template-database.js');
  const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-test-'));
  const quiet = { info: () => undefined, error: (message) => console.error(message) };
  const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
  await forgoDurability(postgres.url);
  await createTemplate(postgres.url);
  process.env.DOVECOTE_TEST_DATABASE_URL = postgres.url;
  // Jest hands nothing from set-up to tear-down but globals.
  globalThis.stopTestDatabase = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
