import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../support/statistics.js';
import { type Answered, type Client, Http1Client, Http2Client } from './client.js';
import type { Probed } from './probed.js';
import type { HostileRequest } from './request.js';

const MOST_REQUESTS = 10;
const LEAST_REQUESTS = 1;
/** Longer than a server waits for the rest of a request that it has answered. */
const LEFT_WITHIN_MS = 4_000;
const LEFT_POLL_MS = 20;

/** A call that must be answered after all the others, on the same connection. */
export interface GoodCall {
  readonly request: Omit<HostileRequest, 'http'>;
  readonly answer: Answered;
}

/** Of one pass; processor time is a request's. */
export interface Pass {
  readonly answer: Answered;
  readonly sentBytes: number;
  readonly cpuMs: number;
  /** The longest of the pass. */
  readonly pauseMs: number;
  readonly busyPauseMs: number;
  /** Beyond what was there before. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly left: number;
  readonly kept: boolean;
}

/** What the request costs a server that is only compared with. */
export async function measurePeer(
  server: Probed,
  request: HostileRequest,
  seconds: number,
): Promise<PeerPass> {
  const client = await clientOf(server, request);
  try {
    await server.ask('begin');
    const answers = await repeat(client, request, request.body(), seconds);
    const { cpuMs, busyPauseMs } = await server.ask('end');
    return { cpuMs: cpuMs / answers.length, busyPauseMs };
  } finally {
    client.close();
  }
}

async function clientOf(server: Probed, { http }: HostileRequest): Promise<Client> {
  return http === 2 ? Http2Client.open(server.http2) : new Http1Client(server.http1);
}

export type PeerPass = Pick<Pass, 'cpuMs' | 'busyPauseMs'>;

/** Sends the request again and again, for a while, on one connection, and looks at what it did to the server. */
export async function measureOnce(
  server: Probed,
  request: HostileRequest,
  good: GoodCall,
  seconds: number,
): Promise<Pass> {
  const body = request.body();
  const client = await clientOf(server, request);
  try {
    // The first one opens the connection, and is nobody's.
    await callWell(client, good);
    const [before, there] = [await server.ask('held'), await server.ask('left')];
    await server.ask('begin');
    const answers = await repeat(client, request, body, seconds);
    const { cpuMs, pauseMs, busyPauseMs } = await server.ask('end');
    const kept = client.kept;
    if (kept) await callWell(client, good);
    const left = await settled(server, there);
    const after = await server.ask('held');
    return {
      answer: [...new Set(answers)].join(', '),
      sentBytes: body.length,
      cpuMs: cpuMs / answers.length,
      pauseMs,
      busyPauseMs,
      heapBytes: after.heapBytes - before.heapBytes,
      residentBytes: after.residentBytes - before.residentBytes,
      left,
      kept: kept && client.kept,
    };
  } finally {
    client.close();
  }
}

async function repeat(
  client: Client,
  request: HostileRequest,
  body: Buffer,
  seconds: number,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  const begin = performance.now();
  const open = (): boolean =>
    answers.length < LEAST_REQUESTS ||
    (answers.length < MOST_REQUESTS && performance.now() - begin < seconds * 1000);
  while (open()) answers.push(await client.send(request, body));
  return answers;
}

async function callWell(client: Client, { request, answer }: GoodCall): Promise<void> {
  const answered = await client.send({ ...request, http: 1 }, request.body());
  if (answered !== answer) throw new Error(`A good call was answered with ${answered}.`);
}

/** Streams and sockets beyond those that were there, once the server has had time to end them. */
async function settled(server: Probed, before: { streams: number; sockets: number }): Promise<number> {
  const deadline = performance.now() + LEFT_WITHIN_MS;
  for (;;) {
    const { streams, sockets } = await server.ask('left');
    const left = Math.max(0, streams - before.streams) + Math.max(0, sockets - before.sockets);
    if (left === 0 || performance.now() > deadline) return left;
    await delay(LEFT_POLL_MS);
  }
}

/** The middle of each figure; what is left and how it was answered, of the last pass. */
export function summarize(passes: readonly Pass[]): Pass {
  const middle = (of: (pass: Pass) => number): number => median(passes.map(of));
  return {
    ...passes.at(-1)!,
    cpuMs: middle((pass) => pass.cpuMs),
    pauseMs: middle((pass) => pass.pauseMs),
    busyPauseMs: middle((pass) => pass.busyPauseMs),
    heapBytes: middle((pass) => pass.heapBytes),
    residentBytes: middle((pass) => pass.residentBytes),
  };
}

export function summarizePeer(passes: readonly PeerPass[]): PeerPass {
  return {
    cpuMs: median(passes.map(({ cpuMs }) => cpuMs)),
    busyPauseMs: median(passes.map(({ busyPauseMs }) => busyPauseMs)),
  };
}
