import { createHash } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import type { AnalyticsWorld } from '../support/analytics-world.js';
import { figure, ratio, type Table } from '../support/report.js';
import { percentile } from '../support/statistics.js';
import type { Filtered } from './filters.js';
import { wholeByHand } from './hand.js';

/** People between two lines of progress. */
const SAID = 100_000;

/** What it takes to read a list to its end. */
interface Read {
  readonly people: number;
  /** Hash of their ids, in order. */
  readonly hash: string;
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cpu: { readonly databases: number; readonly node: number };
  /** Milliseconds until each message, in ascending order. */
  readonly messages: Float64Array;
}

export interface Streamed {
  readonly name: string;
  readonly product: Read;
  readonly hand: Read;
}

/** The whole list, message by message, and by hand in as few statements as can be. */
export async function streamWhole(world: AnalyticsWorld, list: Filtered): Promise<Streamed> {
  process.stderr.write(`The whole list: ${list.name} …\n`);
  const hand = await read(world, () => wholeByHand(world, list));
  const product = await read(world, () => messages(world, list));
  if (product.people !== hand.people || product.hash !== hand.hash)
    throw new Error(
      `${list.name}: the list has ${product.people} people, by hand ${hand.people}, or another order.`,
    );
  return { name: list.name, product, hand };
}

async function* messages({ transport }: AnalyticsWorld, { request }: Filtered): AsyncIterable<string[]> {
  for await (const { profiles } of createClient(ProfilesService, transport).list(request))
    yield profiles.map(({ id }) => id);
}

async function read(world: AnalyticsWorld, open: () => AsyncIterable<readonly string[]>): Promise<Read> {
  const [hash, walls] = [createHash('sha256'), [] as number[]];
  let people = 0;
  const begin = performance.now();
  const { cpu } = await world.processes.during(async () => {
    let last = performance.now();
    for await (const ids of open()) {
      walls.push(performance.now() - last);
      for (const id of ids) hash.update(id).update('\n');
      if (Math.floor((people + ids.length) / SAID) > Math.floor(people / SAID))
        process.stderr.write(`  ${people + ids.length} people\n`);
      people += ids.length;
      last = performance.now();
    }
  });
  return {
    ...{ people, hash: hash.digest('hex'), seconds: (performance.now() - begin) / 1_000 },
    cpu: { databases: (cpu.engine + cpu.postgres) / 1e6, node: cpu.node / 1e6 },
    messages: Float64Array.from(walls).sort(),
  };
}

export function wholeTable(streamed: readonly Streamed[]): Table {
  return {
    title: 'Whole lists, streamed',
    head: [
      ...['', 'people', 's', 'people a second', 'message p50 ms', 'message p95 ms', 'longest ms'],
      ...['CPU s', 'by hand CPU s', 'CPU ÷ by hand', 'CPU s of Node', 'by hand s', 's ÷ by hand'],
    ],
    rows: streamed.map(({ name, product, hand }) => [
      ...[name, figure(product.people), figure(product.seconds, 1), figure(product.people / product.seconds)],
      ...[0.5, 0.95, 1].map((share) => figure(percentile(product.messages, share), 1)),
      ...[figure(product.cpu.databases, 1), figure(hand.cpu.databases, 1)],
      ratio(product.cpu.databases, hand.cpu.databases),
      ...[figure(product.cpu.node, 1), figure(hand.seconds, 1), ratio(product.seconds, hand.seconds)],
    ]),
  };
}
