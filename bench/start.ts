// How long does it take until the server answers, and what does it take to wait for work?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { calls, pathOf } from './support/calls.js';
import { Dovecote } from './support/dovecote.js';
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
  readonly ready: number;
  readonly stopped: number;
  /** MiB. */
  readonly node: number;
  readonly postgres: number;
}

const PEER = 'Nest gRPC, one guard, no database';

export async function answerStart({ passes }: Effort): Promise<Report> {
  const first: Run[] = [];
  const second: Run[] = [];
  const peer: Run[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    process.stderr.write(`Pass ${pass} of ${passes} …\n`);
    await withTemporaryFolder(async (folder) => {
      first.push(await runDovecote(folder));
      second.push(await runDovecote(folder));
      peer.push(await runPeer(folder));
    });
  }
  return report({ 'first start': first, 'second start': second, [PEER]: peer }, passes);
}

async function runDovecote(folder: string): Promise<Run> {
  const server = await Dovecote.start({
    dataDir: join(folder, 'data'),
    compileCache: join(folder, 'compiled'),
  });
  await delay(IDLE_MS);
  const node = residentMiB(server.pid);
  const postgres = memoryMiB(descendants(server.pid));
  return { ready: server.secondsToReady, node, postgres, stopped: await server.stop() };
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
  return { ready: server.secondsToReady, node, postgres: NaN, stopped: (performance.now() - begin) / 1000 };
}

function report(runs: Readonly<Record<string, readonly Run[]>>, passes: number): Report {
  const medians = Object.entries(runs).map(([name, passesOf]) => ({
    name,
    ready: median(passesOf.map(({ ready }) => ready)),
    stopped: median(passesOf.map(({ stopped }) => stopped)),
    node: median(passesOf.map(({ node }) => node)),
    postgres: median(passesOf.map(({ postgres }) => postgres)),
  }));
  const peer = medians.find(({ name }) => name === PEER)!;
  return {
    title: 'How long is a start, and how large is a server at rest?',
    method: [
      'Packages are installed and built. First start: no data yet, so it also creates the database, migrates it and',
      'prepares the demo organization, and Node has compiled nothing yet. Second start: the same folder again.',
      `Ready is when the server says where it listens. Medians of ${passes} passes.`,
    ].join('\n'),
    tables: [
      {
        title: 'Start, stop, memory at rest',
        head: ['', 'ready s', 'stopped s', 'Node MiB', 'PostgreSQL MiB', 'ready ÷ peer', 'Node MiB ÷ peer'],
        rows: medians.map(({ name, ready, stopped, node, postgres }) => [
          name,
          figure(ready, 2),
          figure(stopped, 2),
          figure(node),
          figure(postgres),
          ratio(ready, peer.ready),
          ratio(node, peer.node),
        ]),
      },
    ],
    notes: [
      `Memory of Node is resident memory ${IDLE_MS / 1000} s after the start; of PostgreSQL it is that of all its processes, shared pages counted once.`,
      'The peer starts no database, has no migrations to look for and two RPCs to bind; it stands for what Nest and Node take.',
      '`npm start` also looks whether packages and build are current before it starts the server.',
    ],
  };
}
