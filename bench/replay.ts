// How many recorders does a server keep up with, and what does a chunk cost?
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client as RpcClient, createClient } from '@connectrpc/connect';
import { RecordingService } from '@dovecote/contract/dovecote/replay/v1/recording_pb';
import { HeatmapService, TouchEventType } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import type { Client } from 'pg';
import { ByHand } from './replay/by-hand.js';
import { bodiesAt, CHUNK_SECONDS } from './replay/session.js';
import { ownerOf, ownerUrlOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { addMembers } from './support/people.js';
import { type ByProcess, ProductProcesses } from './support/product-processes.js';
import { figure, ratio, type Report } from './support/report.js';
import { adminEmail, Person } from './support/sign-in.js';
import { median, percentile } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const RECORDERS = 100;
/** Signing in at once; more would wait for the mail. */
const SIGN_INS = 5;
/** A pass lasts so many times the effort's seconds: a recorder sends every five seconds. */
const LONG = 10;
const AT_REST_MS = 3_000;

type Recorder = RpcClient<typeof RecordingService>;
type Add = (recorder: number, sessionId: string, sequence: number, body: Uint8Array) => Promise<unknown>;

/** What a pass came to. */
interface Pass {
  /** Chunks in a second. */
  readonly rate: number;
  /** Milliseconds of each chunk, in ascending order. */
  readonly walls: Float64Array;
  readonly chunks: number;
}

interface Stage {
  readonly server: Dovecote;
  readonly processes: ProductProcesses;
  readonly add: Add;
  readonly addByHand: Add;
}

const bodies = bodiesAt(Date.now());

export function answerReplay(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    const hand = await ByHand.open(await ownerUrlOf(dataDir), join(folder, 'by-hand'));
    try {
      const recorders = await recordersOf(server, owner);
      const stage: Stage = {
        server,
        processes: ProductProcesses.of(server.pid),
        add: (recorder, sessionId, sequence, events) =>
          recorders[recorder]!.addChunk({ sessionId, sequence, events }),
        addByHand: (_recorder, sessionId, sequence, body) => hand.add(sessionId, sequence, body),
      };
      return await measure(stage, effort);
    } finally {
      await hand.close();
      await owner.end();
      await server.stop();
    }
  });
}

/** Clients of a hundred members; a question to heat maps starts the engine, which is counted with the processes. */
async function recordersOf(server: Dovecote, owner: Client): Promise<Recorder[]> {
  const { rows } = await owner.query<{ id: string }>(`select id from organization where name = 'Acme Demo'`);
  const orgId = rows[0]?.id ?? '';
  const admin = await (await Person.signIn(server.url, adminEmail)).in(orgId);
  const heatmaps = createClient(HeatmapService, admin.transport);
  const place = { xPct: 0.5, yPct: 0.5, screenWidth: 390, screenHeight: 844, eventType: TouchEventType.TAP };
  await heatmaps.ingestTouchEvents({ events: [{ screenName: 'First', ...place }] });
  await heatmaps.queryHeatmapData({ screenName: 'First' });
  await addMembers(owner, orgId, RECORDERS, 'recorder-');
  const recorders: Recorder[] = [];
  process.stderr.write(`Signing in ${RECORDERS} members …\n`);
  const signIn = async (): Promise<void> => {
    for (let n = recorders.push(undefined!); n <= RECORDERS; n = recorders.push(undefined!)) {
      const person = await Person.signIn(server.url, `reader-recorder-${n}@acme.example`);
      recorders[n - 1] = createClient(RecordingService, (await person.in(orgId)).transport);
    }
  };
  await Promise.all(Array.from({ length: SIGN_INS }, signIn));
  return recorders.slice(0, RECORDERS);
}

/** Every recorder sends its session chunk by chunk: at once when the one before is answered, or every five seconds. */
async function record(add: Add, seconds: number, pace: 'full' | 'usual'): Promise<Pass> {
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const walls: number[] = [];
  const one = async (_: unknown, recorder: number): Promise<void> => {
    const sessionId = randomUUID();
    // Recorders have not begun at the same moment.
    if (pace === 'usual') await delay((recorder / RECORDERS) * CHUNK_SECONDS * 1_000);
    for (let sequence = 0; performance.now() < end; sequence += 1) {
      const sent = performance.now();
      await add(recorder, sessionId, sequence, sequence === 0 ? bodies.first : bodies.next);
      const wall = performance.now() - sent;
      walls.push(wall);
      if (pace === 'usual') await delay(Math.max(0, CHUNK_SECONDS * 1_000 - wall));
    }
  };
  await Promise.all(Array.from({ length: RECORDERS }, one));
  const chunks = walls.length;
  return {
    rate: chunks / ((performance.now() - begin) / 1_000),
    walls: Float64Array.from(walls).sort(),
    chunks,
  };
}

async function measure(stage: Stage, { seconds, passes }: Effort): Promise<Report> {
  // Compiles the code of the server.
  await record(stage.add, seconds, 'full');
  await delay(AT_REST_MS);
  const rest = stage.processes.memory();
  const usual = await stage.processes.during(() => record(stage.add, 3 * seconds * LONG, 'usual'));
  const full: { result: Pass; cpu: ByProcess; peak: ByProcess }[] = [];
  const hand: Pass[] = [];
  for (let pass = 1; pass <= passes; pass += 1) {
    process.stderr.write(`Pass ${pass} of ${passes} …\n`);
    full.push(await stage.processes.during(() => record(stage.add, seconds * LONG, 'full')));
    hand.push(await record(stage.addByHand, seconds * LONG, 'full'));
  }
  await delay(AT_REST_MS);
  const after = stage.processes.memory();
  const middle = full.toSorted((a, b) => a.result.rate - b.result.rate)[Math.floor(passes / 2)]!;
  const byHand = median(hand.map(({ rate }) => rate));
  const row = (name: string, pass: Pass, cpu?: ByProcess, peak?: ByProcess): string[] => [
    name,
    figure(pass.rate, 1),
    ...[0.5, 0.95, 0.99].map((share) => figure(percentile(pass.walls, share))),
    ...(cpu ? [cpu.node, cpu.postgres].map((micros) => figure(micros / 1_000 / pass.chunks, 1)) : ['', '']),
    ...(peak ? [figure(peak.node), figure(peak.postgres)] : ['', '']),
  ];
  const handPass = hand.toSorted((a, b) => a.rate - b.rate)[Math.floor(passes / 2)]!;
  return {
    title: 'How many recorders does a server keep up with?',
    method: [
      `${RECORDERS} members record at once, each with a client of AddChunk over gRPC, against the server as operators run it. The first chunk`,
      `of a session is a page of ${figure(bodies.firstBytes / 1_024)} KiB of JSON (${figure(bodies.first.length / 1_024)} compressed), the others are ${CHUNK_SECONDS} seconds with ${figure(bodies.nextBytes / 1_024)} KiB (${figure(bodies.next.length / 1_024, 1)}).`,
      'By hand the same bytes are written to a file, flushed to the disk, and one row is inserted: nothing is read, masked or encrypted.',
    ].join('\n'),
    tables: [
      {
        title: `${RECORDERS} recorders`,
        head: [
          '',
          'chunks/s',
          'p50 ms',
          'p95 ms',
          'p99 ms',
          'CPU ms of Node a chunk',
          'of PostgreSQL',
          'MiB of Node',
          'of PostgreSQL',
        ],
        rows: [
          row(`a chunk every ${CHUNK_SECONDS} s`, usual.result, usual.cpu, usual.peak),
          row('as fast as the server takes them', middle.result, middle.cpu, middle.peak),
          row('by hand, as fast as the disk takes them', handPass),
        ],
      },
    ],
    notes: [
      `The server takes ${ratio(middle.result.rate, byHand)} of what is written by hand. Medians of ${passes} passes in turns.`,
      `Memory is the largest that was seen; at rest Node has ${figure(rest.node)} MiB before and ${figure(after.node)} MiB after.`,
      'The benchmark, which compresses nothing but speaks gRPC a hundred times, runs on the same cores.',
      'A member may send 120 chunks in a minute; the passes end before that is reached.',
    ],
  };
}
