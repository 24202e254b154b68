// How long does it take until the server answers, and what does it take to wait for work?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { calls, pathOf } from './support/calls.js';
import { Dovecote, type DovecoteOptions } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { PeerProcess } from './support/peer-process.js';
import { descendants, memoryMiB, residentMiB } from './support/process-usage.js';
import { figure, ratio, type Report } from './support/report.js';
import { median } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

/** Time for what the start left behind to settle. */
const IDLE_MS = 3_000;

/** One start of a server, its rest, and its end. */
interface Run {
  /** Seconds, and processor seconds of Node. */
  readonly ready: number;
  readonly cpu: number;
  readonly stopped: number;
  /** MiB. */
  readonly node: number;
  readonly postgres: number;
}

/** The forms of the program that start a second time on a data folder. */
const forms = {
  'second start': {},
  'second start, no source maps': { sourceMaps: false },
  'second start, modules one by one': { program: 'compiled/main.js' },
} as const;
const BUNDLE = 'second start';
const MODULES = 'second start, modules one by one';
const PEER = 'Nest gRPC, one guard, no database';

export async function answerStart({ passes }: Effort): Promise<Report> {
  const runs: Record<string, Run[]> = { 'first start': [] };
  for (const name of [...Object.keys(forms), PEER]) runs[name] = [];
  for (let pass = 1; pass <= passes; pass++) {
    process.stderr.write(`Pass ${pass} of ${passes} …\n`);
    await withTemporaryFolder(async (folder) => {
      runs['first start']!.push(await runDovecote(folder));
      for (const [name, form] of Object.entries(forms)) {
        // The compiled modules fill a part of the compile cache that the bundle does not use.
        if (name === MODULES) await (await start(folder, form)).stop();
        runs[name]!.push(await runDovecote(folder, form));
      }
      runs[PEER]!.push(await runPeer(folder));
    });
  }
  return report(runs, passes);
}

function start(folder: string, form: Partial<DovecoteOptions> = {}): Promise<Dovecote> {
  return Dovecote.start({ dataDir: join(folder, 'data'), compileCache: join(folder, 'compiled'), ...form });
}

async function runDovecote(folder: string, form?: Partial<DovecoteOptions>): Promise<Run> {
  const server = await start(folder, form);
  await delay(IDLE_MS);
  const node = residentMiB(server.pid);
  const postgres = memoryMiB(descendants(server.pid));
  const { secondsToReady: ready, cpuSecondsToReady: cpu } = server;
  return { ready, cpu, node, postgres, stopped: await server.stop() };
}

async function runPeer(folder: string): Promise<Run> {
  const answersFile = join(folder, 'answers.json');
  const empty = calls.map(({ method }) => [pathOf(method), '']);
  await writeFile(answersFile, JSON.stringify(Object.fromEntries(empty)));
  const server = await PeerProcess.start('nest-grpc', answersFile);
  await delay(IDLE_MS);
  const node = residentMiB(server.pid);
  const begin = performance.now();
  await server.stop();
  const { secondsToReady: ready, cpuSecondsToReady: cpu } = server;
  return { ready, cpu, node, postgres: NaN, stopped: (performance.now() - begin) / 1000 };
}

function report(runs: Readonly<Record<string, readonly Run[]>>, passes: number): Report {
  const medians = Object.entries(runs).map(([name, passesOf]) => ({
    name,
    ready: median(passesOf.map(({ ready }) => ready)),
    cpu: median(passesOf.map(({ cpu }) => cpu)),
    stopped: median(passesOf.map(({ stopped }) => stopped)),
    node: median(passesOf.map(({ node }) => node)),
    postgres: median(passesOf.map(({ postgres }) => postgres)),
  }));
  const named = (wanted: string) => medians.find(({ name }) => name === wanted)!;
  const [peer, bundle, modules] = [named(PEER), named(BUNDLE), named(MODULES)];
  return {
    title: 'How long is a start, and how large is a server at rest?',
    method: [
      'Packages are installed and built. First start: no data yet, so it also creates the database, migrates it and',
      'prepares the demo organization, and Node has compiled nothing yet. Second start: the same folder again, as',
      '`npm start` and the image run it (one bundle), without source maps, and from the modules that the bundle is made',
      `of. Ready is when the server says where it listens. Medians of ${passes} passes.`,
    ].join('\n'),
    tables: [
      {
        title: 'Start, stop, memory at rest',
        head: [
          '',
          'ready s',
          'CPU s',
          'stopped s',
          'Node MiB',
          'PostgreSQL MiB',
          'ready ÷ peer',
          'Node MiB ÷ peer',
        ],
        rows: medians.map(({ name, ready, cpu, stopped, node, postgres }) => [
          name,
          figure(ready, 2),
          figure(cpu, 2),
          figure(stopped, 2),
          figure(node),
          figure(postgres),
          ratio(ready, peer.ready),
          ratio(node, peer.node),
        ]),
      },
      {
        title: 'The bundle against its modules, second start',
        head: ['', 'bundle ÷ modules'],
        rows: [
          ['ready', ratio(bundle.ready, modules.ready)],
          ['processor time until then', ratio(bundle.cpu, modules.cpu)],
          ['memory of Node at rest', ratio(bundle.node, modules.node)],
        ],
      },
    ],
    notes: [
      `Memory of Node is resident memory ${IDLE_MS / 1000} s after the start; of PostgreSQL it is that of all its processes, shared pages counted once.`,
      'CPU is the processor time of Node alone until it is ready: other work on the machine moves it less than seconds.',
      'The peer starts no database, has no migrations to look for and a few RPCs to bind; it stands for what Nest and Node take.',
      '`npm start` also looks whether packages and build are current before it starts the server.',
    ],
  };
}
