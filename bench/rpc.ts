// What does a call cost, with everything on, beside what others ask for the same answer?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Message, toBinary } from '@bufbuild/protobuf';
import { Load } from './load/load.js';
import { callsInFlight, http2Connections } from './load/shape.js';
import { type AudienceFigures, bySize, measureAudiences } from './rpc/audiences.js';
import { cellsOf, expectSameAnswers, handPeer, memoryPeers } from './rpc/cells.js';
import { measure, type Measured } from './rpc/measure.js';
import { againstHand, comparisons, generatorCeilings, largestSpread, layers } from './rpc/tables.js';
import { type Asked, createWorld, type World } from './rpc/world.js';
import { pinned } from './support/cores.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import { calls, pathOf, rowsInPage } from './support/calls.js';
import type { Effort } from './support/effort.js';
import { PeerProcess } from './support/peer-process.js';
import { figure, type Report } from './support/report.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

export async function answerRpc(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const ours = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled'), alone: true });
    const owner = await ownerOf(dataDir);
    const load = new Load();
    const started: PeerProcess[] = [];
    const start = async (program: string, given: object): Promise<PeerProcess> => {
      const file = join(folder, `${program}.json`);
      await writeFile(file, JSON.stringify(given));
      const peer = await PeerProcess.start(program, file, { alone: true });
      started.push(peer);
      return peer;
    };
    try {
      process.stderr.write('Filling the database …\n');
      const world = await createWorld(ours, owner, dataDir);
      const hand = await start(handPeer.program, world.hand);
      await expectSameAnswers(world, hand);
      const known = knownTo(world);
      const others: PeerProcess[] = [];
      for (const { program } of memoryPeers) others.push(await start(program, encode(known)));
      // With --large also the largest of the answers, ListCampaigns.
      const asked = known.slice(effort.large ? 0 : 1).map(({ call }) => call);
      const cells = cellsOf(world, { ours, hand, others, known: asked });
      const audiences = await measureAudiences(world.audiences);
      return report(await measure(cells, load, effort), audiences, world, effort);
    } finally {
      load.stop();
      for (const peer of started) await peer.stop();
      await owner.end();
      await ours.stop();
    }
  });
}

/** What the memory peers can be asked. */
function knownTo({ reading, fromMemory }: World): Asked[] {
  return [...reading, ...fromMemory].filter(({ call }) => calls.includes(call));
}

function encode(known: readonly Asked[]): Record<string, string> {
  const base64 = ({ call: { method }, answer }: Asked): string =>
    Buffer.from(toBinary(method.output, answer)).toString('base64');
  return Object.fromEntries(known.map((one) => [pathOf(one.call.method), base64(one)]));
}

function report(
  measured: readonly Measured[],
  audiences: readonly AudienceFigures[],
  world: World,
  { seconds, passes, large }: Effort,
): Report {
  const length = ({ call: { method }, answer }: { call: Asked['call']; answer: Message }): number =>
    toBinary(method.output, answer).length;
  const sizes = [...world.reading, ...world.fromMemory].map((one) => `${one.name} ${length(one)} bytes`);
  return {
    title: 'What does a call cost?',
    method: [
      'Calls with everything on (credential, organization, throttle, access, validation, a transaction under row-level',
      'security) against a server written by hand (node:http with JSON, @grpc/grpc-js; plain pipelined pg, the same',
      'statements on the same database, the same answers, no guards, no row-level security) and against servers that',
      'answer the same messages from memory. ListSandboxFixtures is answered from memory by everybody.',
      `Pages of ${rowsInPage}. Answers in protobuf: ${sizes.join(', ')}; without compression. ${callsInFlight} calls in`,
      `flight, over HTTP/2 on ${http2Connections} connections. Medians of ${passes} passes of ${seconds} s, interleaved, after a warm-up.`,
    ].join('\n'),
    tables: [againstHand(measured), bySize(audiences), ...comparisons(measured), layers(measured)],
    notes: [
      pinned
        ? 'Each server has a core for itself, Dovecote together with its PostgreSQL, which the server by hand asks too; the load comes from another core.'
        : 'Nothing is bound to a core here (no taskset, or one core only).',
      'CPU is processor time of the server process; that of PostgreSQL is counted apart.',
      `Passes differ from the median CPU by at most ${figure(largestSpread(measured) * 100)} %.`,
      generatorCeilings(measured),
      ...(large
        ? []
        : ['With --large, the servers that answer from memory are asked ListCampaigns as well.']),
    ],
  };
}
