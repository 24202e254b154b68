import { toJsonString } from '@bufbuild/protobuf';
import type { Dovecote } from '../support/dovecote.js';
import { type Call, type Protocol, protocols, shapeOf } from '../support/calls.js';
import type { PeerProcess } from '../support/peer-process.js';
import type { Cell } from './measure.js';
import { byHand, dovecote, transportAlone } from './tables.js';
import type { Asked, World } from './world.js';

export interface Peer {
  readonly program: string;
  readonly name: Readonly<Partial<Record<Protocol, string>>>;
}

const connectNames = (name: string) => ({ 'Connect binary': name, 'Connect JSON': name });

/** From the least to the most: what a server in Node pays at best, the others, and our transport alone. */
export const memoryPeers: readonly Peer[] = [
  { program: 'bare-node', name: { gRPC: 'bare node:http2', ...connectNames('bare node:http') } },
  { program: 'grpc-js', name: { gRPC: '@grpc/grpc-js' } },
  {
    program: 'connect-node',
    name: { gRPC: '@connectrpc/connect-node', ...connectNames('@connectrpc/connect-node') },
  },
  { program: 'nest-grpc', name: { gRPC: 'Nest gRPC, one guard' } },
  { program: 'rpc-server', name: { gRPC: transportAlone, ...connectNames(transportAlone) } },
];

export const handPeer: Peer = { program: 'hand', name: { gRPC: byHand, 'Connect JSON': byHand } };

/** Protocols that the hand-written server speaks. */
const handProtocols: readonly Protocol[] = ['gRPC', 'Connect JSON'];

interface Servers {
  readonly ours: Dovecote;
  readonly hand: PeerProcess;
  /** In the order of the memory peers. */
  readonly others: readonly PeerProcess[];
  /** The calls for which the others know the answer. */
  readonly known: readonly Call[];
}

/** Everything that is measured, in the order of the tables. */
export function cellsOf(world: World, servers: Servers): Cell[] {
  return [
    ...world.reading.flatMap((asked) =>
      handProtocols.flatMap((protocol) => rivals(asked, protocol, servers)),
    ),
    ...world.fromMemory.flatMap((asked) => protocols.flatMap((protocol) => rivals(asked, protocol, servers))),
  ];
}

function rivals(asked: Asked, protocol: Protocol, servers: Servers): Cell[] {
  const { hand, others, known } = servers;
  const peers = known.includes(asked.call)
    ? memoryPeers.map((peer, index) => ({ peer, process: others[index]! }))
    : [];
  const all = [...peers, ...(asked.readsDatabase ? [{ peer: handPeer, process: hand }] : [])];
  const cells = all.flatMap(({ peer: { name }, process }): Cell[] => {
    const cell = ourCell(asked, protocol, servers);
    const port = cell.shape.http === 1 ? process.ports.http1 : process.ports.http2;
    if (!name[protocol] || !port) return [];
    const databasePid = process === hand ? cell.databasePid : undefined;
    return [{ ...cell, server: name[protocol], port, pid: process.pid, databasePid }];
  });
  return [...cells, ourCell(asked, protocol, servers)];
}

function ourCell({ name, call, answer, credentials }: Asked, protocol: Protocol, { ours }: Servers): Cell {
  return {
    call: name,
    protocol,
    server: dovecote,
    port: ours.port,
    pid: ours.pid,
    databasePid: ours.pid,
    shape: shapeOf(call, answer, protocol, credentials),
  };
}

/** Throws unless the hand-written server says the same in JSON: a length alone could be right by chance. */
export async function expectSameAnswers(world: World, hand: PeerProcess): Promise<void> {
  for (const { name, call, answer } of world.reading) {
    const { path, body, headers } = shapeOf(call, answer, 'Connect JSON', {});
    const response = await fetch(`http://127.0.0.1:${hand.ports.http1}${path}`, {
      method: 'POST',
      headers,
      body: Buffer.from(body, 'base64'),
    });
    const [theirs, ours] = [await response.text(), toJsonString(call.method.output, answer)];
    if (ordered(theirs) !== ordered(ours))
      throw new Error(`${name} by hand answers\n${theirs}\nand not\n${ours}`);
  }
}

/** JSON whose members are in the order of their names. */
function ordered(text: string): string {
  return JSON.stringify(JSON.parse(text), (_name, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
