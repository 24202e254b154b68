// What does a heat map cost, of ten million touches?
import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  HeatmapMode,
  HeatmapService,
  type QueryHeatmapDataResponse,
  TouchEventType,
} from '@dovecote/contract/pidgr/v1/heatmap_pb';
import type { Client } from 'pg';
import { Dovecote } from './support/dovecote.js';
import { ownerOf } from './support/database.js';
import { connectTo, database, engineOf, untilMerged } from './support/engine.js';
import type { Effort } from './support/effort.js';
import { ProductProcesses } from './support/product-processes.js';
import { figure, type Report } from './support/report.js';
import { adminEmail, Person } from './support/sign-in.js';
import { median } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';
import { join } from 'node:path';

const TOUCHES = 10_000_000;
const SCREENS = 10;
const DAYS = 80;
const GOAL_CPU_MS = 300;
const busy = { screenName: 'Screen 0' };

type Heatmaps = ReturnType<typeof createClient<typeof HeatmapService>>;

const asked: readonly {
  readonly name: string;
  readonly query: (heatmaps: Heatmaps) => Promise<QueryHeatmapDataResponse>;
}[] = [
  { name: 'a tenth of the touches, 80 days, usual grid', query: (one) => one.queryHeatmapData(busy) },
  {
    name: 'the same, taps only',
    query: (one) => one.queryHeatmapData({ ...busy, eventTypes: [TouchEventType.TAP] }),
  },
  { name: 'the same, finest grid', query: (one) => one.queryHeatmapData({ ...busy, gridResolution: 0.005 }) },
  {
    name: 'the same, median of 64 cohorts',
    query: (one) => one.queryHeatmapData({ ...busy, mode: HeatmapMode.MEDIAN }),
  },
  { name: 'all touches on one screen', query: (one) => one.queryHeatmapData({ screenName: 'All' }) },
];

export function answerHeatmap({ passes }: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    try {
      return await measure(server, owner, dataDir, passes);
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

async function measure(server: Dovecote, owner: Client, dataDir: string, passes: number): Promise<Report> {
  const { heatmaps, orgId } = await signIn(server.url, owner);
  const number = await fill(owner, dataDir, { heatmaps, orgId });
  const processes = ProductProcesses.of(server.pid);
  const rows: string[][] = [];
  for (const { name, query } of asked) {
    process.stderr.write(`${name} …\n`);
    const points = (await query(heatmaps)).dataPoints.length;
    const runs: { wall: number; node: number; databases: number }[] = [];
    for (let pass = 0; pass < passes; pass += 1) {
      // The server gives a kept answer as long as nothing was stored.
      await owner.query('update analytics_version set version = version + 1 where project = $1', [number]);
      const begin = performance.now();
      const { cpu } = await processes.during(() => query(heatmaps));
      runs.push({
        wall: performance.now() - begin,
        node: cpu.node / 1_000,
        databases: (cpu.engine + cpu.postgres) / 1_000,
      });
    }
    const of = (part: 'wall' | 'node' | 'databases'): number => median(runs.map((run) => run[part]));
    const total = of('node') + of('databases');
    process.stderr.write(`  ${figure(total)} CPU ms\n`);
    rows.push([
      name,
      ...[points, total, of('databases'), of('node'), of('wall')].map((value) => figure(value)),
    ]);
  }
  return {
    title: 'What does a heat map cost?',
    method: [
      `QueryHeatmapData of pidgr.v1 through the server’s port, with the generated client, of an organization with ${figure(TOUCHES)}`,
      `touches of ${DAYS} days: a tenth of them on each of ${SCREENS} screens, and as many again on one. They arrived one day after the other. Medians of`,
      `${passes} passes; the server forgets its answers before each.`,
    ].join('\n'),
    tables: [
      {
        title: `${figure(TOUCHES)} touches`,
        head: ['', 'points', 'CPU ms', 'of the databases', 'of Node', 'p50 ms'],
        rows,
      },
    ],
    notes: [
      `CPU is processor time of Node, PostgreSQL and the engine together, the noise included. The goal is ${GOAL_CPU_MS}.`,
      'What the engine does beside the answer, such as merges, is counted with it.',
    ],
  };
}

async function signIn(url: string, owner: Client): Promise<{ heatmaps: Heatmaps; orgId: string }> {
  const { rows } = await owner.query<{ id: string }>(`select id from organization where name = 'Acme Demo'`);
  const orgId = rows[0]?.id ?? '';
  const { credentials } = await (await Person.signIn(url, adminEmail)).in(orgId);
  const authorize: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(credentials)) request.header.set(name, value);
    return next(request);
  };
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1', interceptors: [authorize] });
  return { heatmaps: createClient(HeatmapService, transport), orgId };
}

/** A touch through the API makes the organization's heat maps; the others are made by the engine. */
async function fill(
  owner: Client,
  dataDir: string,
  { heatmaps, orgId }: { readonly heatmaps: Heatmaps; readonly orgId: string },
): Promise<number> {
  const place = { xPct: 0.5, yPct: 0.5, screenWidth: 390, screenHeight: 844, eventType: TouchEventType.TAP };
  await heatmaps.ingestTouchEvents({ events: [{ screenName: 'First', ...place }] });
  const { rows } = await owner.query<{ number: number }>('select number from heatmap where org_id = $1', [
    orgId,
  ]);
  const number = rows[0]?.number ?? 0;
  // A question starts the engine.
  await heatmaps.queryHeatmapData({ screenName: 'First' });
  const engine = connectTo(await engineOf(dataDir));
  try {
    process.stderr.write(`Making ${2 * TOUCHES} touches …\n`);
    for (const screen of [`concat('Screen ', toString(number % ${SCREENS}))`, `'All'`])
      await engine.command({ query: insertOf(number, screen) });
    await untilMerged(engine);
  } finally {
    await engine.close();
  }
  return number;
}

/** One day after the other, as touches arrive. Half of them are near ten buttons, the others anywhere. */
function insertOf(project: number, screen: string): string {
  const random = (salt: number): string => `cityHash64(number, ${salt})`;
  const place = (salt: number): string =>
    `if(${random(1)} % 2 = 0, (${random(salt)} % 10) * 19 + ${random(salt + 1)} % 6, ${random(salt + 2)} % 200)`;
  return `INSERT INTO ${database}.touches
    SELECT ${project}, ${screen}, toDate(now()) - ${DAYS} + intDiv(number, ${TOUCHES / DAYS}) AS day, ${random(3)}, '', 1 + ${random(4)} % 4,
      ${place(5)}, ${place(8)}, ${random(11)} % 64, 1, day + 97 FROM numbers(${TOUCHES})`;
}
