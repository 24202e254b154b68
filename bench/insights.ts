// What does an answer of analytics cost, beside SQL by hand on the same engine and beside PostgreSQL?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Client } from 'pg';
import type { Window } from '../src/modules/analytics/insight/insight-query.js';
import { compare } from './insights/compare.js';
import { evaluatorOf } from './insights/evaluator.js';
import { Page, type PageTimes } from './insights/page.js';
import { copyToPostgres } from './insights/postgres.js';
import { fill } from './insights/rows.js';
import { AT_REST_MS, type Opened, report, type Sized } from './insights/tables.js';
import { HISTORY, lastDays } from './insights/window.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { connectTo, engineOf } from './support/engine.js';
import { ProductProcesses } from './support/product-processes.js';
import { type BenchProject, createProject } from './support/project.js';
import type { Report } from './support/report.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const MILLION = 1_000_000;
/** PostgreSQL is asked at this size, in millions, and below: beyond it a pass takes minutes. */
const POSTGRES_UP_TO = 1;
/** Pages of each kind. */
const COLD_PAGES = 4;
const WARM_PAGES = 12;
const PAGE_DAYS = 30;
/** Beyond it, pages of the whole history would take minutes each. */
const WHOLE_HISTORY_UP_TO = 1;

export async function answerInsights(effort: Effort): Promise<Report> {
  const sizes: Sized[] = [];
  for (const millions of effort.millions) sizes.push(await answerAt(millions, effort.passes));
  return report(sizes, effort.passes);
}

function answerAt(millions: number, passes: number): Promise<Sized> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    try {
      const project = await createProject(owner, 'Site');
      // A question starts the engine.
      await new Page(server.url, project, lastDays(PAGE_DAYS)).open();
      const address = await engineOf(dataDir);
      const client = connectTo(address);
      const evaluator = await evaluatorOf(address, project);
      const processes = ProductProcesses.of(server.pid);
      await delay(AT_REST_MS);
      const fresh = processes.memory().engine;
      process.stderr.write(`Making ${millions} million events …\n`);
      const begin = performance.now();
      const filled = await fill(client, project.number, millions * MILLION);
      const seconds = (performance.now() - begin) / 1_000;
      const postgres =
        millions <= POSTGRES_UP_TO ? await plainTable(client, owner, project.number) : undefined;
      await delay(AT_REST_MS);
      const atRest = processes.memory().engine;
      const contestants = { evaluator, client, postgres, project: project.number, engine: processes.engine };
      const asked = await processes.during(async () => [
        ...(await compare(contestants, false, passes)),
        ...(await compare(contestants, true, passes)),
      ]);
      const windows = [lastDays(PAGE_DAYS), ...(millions <= WHOLE_HISTORY_UP_TO ? [HISTORY] : [])];
      const opened = await processes.during(() => openPages(server.url, project, client, windows));
      await evaluator.close();
      await client.close();
      const memory = { fresh, atRest, questions: asked.peak.engine, pages: opened.peak.engine };
      return { millions, filled, seconds, compared: asked.result, pages: opened.result, memory };
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

async function plainTable(client: ClickHouseClient, owner: Client, project: number): Promise<Client> {
  process.stderr.write('Copying them to PostgreSQL …\n');
  await copyToPostgres(client, owner, project);
  return owner;
}

async function openPages(
  url: string,
  project: BenchProject,
  client: ClickHouseClient,
  windows: readonly Window[],
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const window of windows) {
    process.stderr.write('Opening pages …\n');
    const page = new Page(url, project, window);
    const times = { cold: [] as PageTimes[], warm: [] as PageTimes[] };
    for (let number = 1; number <= COLD_PAGES; number++) {
      await forget(client);
      times.cold.push(await page.open(number));
    }
    await page.open();
    for (let number = 0; number < WARM_PAGES; number++) times.warm.push(await page.open());
    opened.push({ window, questions: page.questions, ...times });
  }
  return opened;
}

/** Drops what the engine and the system keep of files in memory. */
async function forget(client: ClickHouseClient): Promise<void> {
  for (const cache of ['MARK', 'UNCOMPRESSED', 'QUERY CONDITION'])
    await client.command({ query: `SYSTEM DROP ${cache} CACHE` });
  // Only the super user may; otherwise the system still holds the files.
  await writeFile('/proc/sys/vm/drop_caches', '1').catch(() => undefined);
}
