// What does a board of twelve tiles cost, beside the same questions as SQL by hand?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { type Client, createClient } from '@connectrpc/connect';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { DashboardsService } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { Granularity } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { handStatements, tiles } from './boards/tiles.js';
import { fill } from './insights/rows.js';
import { lastDays } from './insights/window.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { connectTo, engineOf } from './support/engine.js';
import { createProject } from './support/project.js';
import { figure, ratio, type Report } from './support/report.js';
import { adminEmail, Person } from './support/sign-in.js';
import { median } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const MILLION = 1_000_000;
const PAGE_DAYS = 30;
/** So many of one organization are asked at once. */
const AT_ONCE = 3;

interface Measured {
  readonly millions: number;
  readonly cold: number;
  readonly warm: number;
  readonly byHand: number;
}

export async function answerBoards(effort: Effort): Promise<Report> {
  const measured: Measured[] = [];
  for (const millions of effort.millions) measured.push(await measureAt(millions, effort.passes));
  return {
    title: 'Boards',
    method: `QueryDashboard of a board of ${tiles.length} tiles over ${PAGE_DAYS} days, milliseconds until the answer, median of ${effort.passes}. Cold: caches of the engine and of the system are dropped, and no answer is kept. Warm: the same question again within a minute. By hand: the same questions as SQL on the same engine, ${AT_ONCE} at once, with caches dropped.`,
    tables: [
      {
        title: 'A board',
        head: ['events', 'cold', 'by hand', 'cold ÷ by hand', 'warm'],
        rows: measured.map(({ millions, cold, warm, byHand }) => [
          `${figure(millions * MILLION)}`,
          figure(cold),
          figure(byHand),
          ratio(cold, byHand),
          figure(warm, 1),
        ]),
      },
    ],
    notes: ['An organization has at most three questions running at once, so that others get their turn.'],
  };
}

function measureAt(millions: number, passes: number): Promise<Measured> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    try {
      const project = await createProject(owner, 'Site');
      const admin = await Person.signIn(server.url, adminEmail);
      const transport = await admin.transport({ 'x-project-id': project.id });
      const dashboards = createClient(DashboardsService, transport);
      const { dashboard } = await dashboards.create({ displayName: 'Board' });
      const id = dashboard?.id ?? '';
      await dashboards.upsert({ id, displayName: 'Board', tiles: [...tiles] });
      // A question starts the engine.
      await open(dashboards, id, 0);
      const client = connectTo(await engineOf(dataDir));
      process.stderr.write(`Making ${millions} million events …\n`);
      await fill(client, project.number, Math.round(millions * MILLION));
      const cold: number[] = [];
      const byHand: number[] = [];
      for (let pass = 1; pass <= passes; pass++) {
        await forget(client);
        cold.push(await open(dashboards, id, pass));
        await forget(client);
        byHand.push(await askByHand(client, project.number));
        process.stderr.write(
          `Pass ${pass}: ${figure(cold.at(-1)!)} ms cold, by hand ${figure(byHand.at(-1)!)} …\n`,
        );
      }
      const warm: number[] = [];
      for (let pass = 1; pass <= passes; pass++) warm.push(await open(dashboards, id, passes));
      await client.close();
      return { millions, cold: median(cold), warm: median(warm), byHand: median(byHand) };
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

/** `earlier`: milliseconds by which the window is moved, so that the server has not given these answers before. */
async function open(
  dashboards: Client<typeof DashboardsService>,
  dashboardId: string,
  earlier: number,
): Promise<number> {
  const { from, to } = lastDays(PAGE_DAYS);
  const timeRange = { from: timestampFromMs(from - earlier), to: timestampFromMs(to - earlier) };
  const begin = performance.now();
  const { dashboard } = await dashboards.queryDashboard({
    dashboardId,
    timeRange,
    granularity: Granularity.DAY,
  });
  const failed = dashboard?.tiles.find(({ outcome }) => outcome.case !== 'result');
  if (failed) throw new Error(`A tile failed: ${JSON.stringify(failed.outcome.case)}`);
  return performance.now() - begin;
}

async function askByHand(client: ClickHouseClient, project: number): Promise<number> {
  const waiting = handStatements(project, lastDays(PAGE_DAYS)).values();
  const begin = performance.now();
  const worker = async () => {
    for (const query of waiting) await (await client.query({ query, format: 'JSONCompactEachRow' })).text();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return performance.now() - begin;
}

/** Drops what the engine and the system keep of files in memory. */
async function forget(client: ClickHouseClient): Promise<void> {
  for (const cache of ['MARK', 'UNCOMPRESSED', 'QUERY CONDITION'])
    await client.command({ query: `SYSTEM DROP ${cache} CACHE` });
  // Only the super user may; otherwise the system still holds the files.
  await writeFile('/proc/sys/vm/drop_caches', '1').catch(() => undefined);
}
