import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
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
  process.env.DOVECOTE_TEST_ANALYTICS_DIR = join(dataDir, 'analytics');
  process.env.DOVECOTE_TEST_RUNNER = String(process.pid);
  // Jest hands nothing from set-up to tear-down but globals.
  globalThis.stopTestDatabase = async () => {
    await stopAnalytics(join(dataDir, 'analytics'));
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** If a spec has started the engine: see analytics-store.ts. */
async function stopAnalytics(folder) {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''));
  if (pid === 0) return;
  try {
    for (process.kill(pid, 'SIGTERM'); ; await delay(50)) process.kill(pid, 0);
  } catch {
    // It has ended.
  }
}
