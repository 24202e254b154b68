// What does a list call cost, with everything on, beside what others ask for the same answer?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Message, toBinary } from '@bufbuild/protobuf';
import { Load } from './load/load.js';
import { callsInFlight, http2Connections } from './load/shape.js';
import { type Cell, measure, type Measured } from './rpc/measure.js';
import {
  comparisons,
  dovecote,
  generatorCeilings,
  largestSpread,
  layers,
  transportAlone,
} from './rpc/tables.js';
import { pinned } from './support/cores.js';
import { Dovecote } from './support/dovecote.js';
import { type Call, calls, pathOf, type Protocol, protocols, shapeOf } from './support/calls.js';
import type { Effort } from './support/effort.js';
import { PeerProcess } from './support/peer-process.js';
import { figure, type Report } from './support/report.js';
import { answerOf, seed } from './support/seed.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

interface Peer {
  readonly program: string;
  readonly name: Readonly<Partial<Record<Protocol, string>>>;
}

const connectNames = (name: string) => ({ 'Connect binary': name, 'Connect JSON': name });

/** From the least to the most: what a server in Node pays at best, the others, and we. */
const peers: readonly Peer[] = [
  { program: 'bare-node', name: { gRPC: 'bare node:http2', ...connectNames('bare node:http') } },
  { program: 'grpc-js', name: { gRPC: '@grpc/grpc-js' } },
  {
    program: 'connect-node',
    name: { gRPC: '@connectrpc/connect-node', ...connectNames('@connectrpc/connect-node') },
  },
  { program: 'nest-grpc', name: { gRPC: 'Nest gRPC, one guard' } },
  { program: 'rpc-server', name: { gRPC: transportAlone, ...connectNames(transportAlone) } },
];

export async function answerRpc(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const compileCache = join(folder, 'compiled');
    const server = await Dovecote.start({ dataDir: join(folder, 'data'), compileCache, alone: true });
    const load = new Load();
    const others: PeerProcess[] = [];
    try {
      await seed(server);
      const answers = new Map<Call, Message>();
      for (const call of calls) answers.set(call, await answerOf(server, call));
      const answersFile = join(folder, 'answers.json');
      await writeFile(answersFile, JSON.stringify(encode(answers)));
      for (const { program } of peers)
        others.push(await PeerProcess.start(program, answersFile, { alone: true }));
      const cells = cellsOf(server, others, answers);
      return report(await measure(cells, load, effort), answers, effort);
    } finally {
      load.stop();
      for (const other of others) await other.stop();
      await server.stop();
    }
  });
}

function encode(answers: ReadonlyMap<Call, Message>): Record<string, string> {
  return Object.fromEntries(
    [...answers].map(([{ method }, message]) => [
      pathOf(method),
      Buffer.from(toBinary(method.output, message)).toString('base64'),
    ]),
  );
}

/** Everything that is measured, in the order of the tables. */
function cellsOf(
  server: Dovecote,
  others: readonly PeerProcess[],
  answers: ReadonlyMap<Call, Message>,
): Cell[] {
  const authorization = `Bearer ${server.apiKey}`;
  return [...answers].flatMap(([call, answer]) =>
    protocols.flatMap((protocol): Cell[] => {
      const shape = shapeOf(call, answer, protocol, authorization);
      const cell = { call: call.method.name, protocol, shape };
      const rivals = peers.flatMap(({ name }, index): Cell[] => {
        const { ports, pid } = others[index]!;
        const port = shape.http === 1 ? ports.http1 : ports.http2;
        return name[protocol] && port ? [{ ...cell, server: name[protocol], port, pid }] : [];
      });
      return [...rivals, { ...cell, server: dovecote, port: server.port, pid: server.pid }];
    }),
  );
}

function report(
  measured: readonly Measured[],
  answers: ReadonlyMap<Call, Message>,
  { seconds, passes }: Effort,
): Report {
  const sizes = [...answers].map(
    ([{ method }, message]) => `${method.name} ${toBinary(method.output, message).length} bytes`,
  );
  return {
    title: 'What does a call cost?',
    method: [
      'List calls with everything on (API key, organization, throttle, access, validation) against servers that',
      'answer the same messages from memory. ListCampaigns and ListRoles also open a transaction under row-level',
      'security and read; ListSandboxFixtures is answered from memory by everybody.',
      `Answers in protobuf: ${sizes.join(', ')}; nobody compresses. ${callsInFlight} calls in flight, over`,
      `HTTP/2 on ${http2Connections} connections. Medians of ${passes} passes of ${seconds} s, interleaved, after a warm-up.`,
    ].join('\n'),
    tables: [...comparisons(measured), layers(measured)],
    notes: [
      pinned
        ? 'Each server has a core for itself, Dovecote together with its PostgreSQL; the load comes from another core.'
        : 'Nothing is bound to a core here (no taskset, or one core only).',
      'CPU is processor time of the server process; that of PostgreSQL is counted apart.',
      `Passes differ from the median CPU by at most ${figure(largestSpread(measured) * 100)} %.`,
      generatorCeilings(measured),
    ],
  };
}
