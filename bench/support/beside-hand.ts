import { isDeepStrictEqual } from 'node:util';
import { type AnalyticsWorld, forgetAnswers } from './analytics-world.js';
import { type ByProcess, combine } from './product-processes.js';
import { figure, ratio, type Table } from './report.js';
import { percentile } from './statistics.js';

/** A quick question runs so often that its time is longer than the clock of processor time is coarse. */
const LEAST_MS = 400;
const FEWEST_RUNS = 3;
const MOST_RUNS = 20;

/** A question to the product, over its port, and by hand to the same databases. */
export interface Asked {
  readonly name: string;
  readonly product: () => Promise<readonly unknown[]>;
  /** The same answer, in the same words. */
  readonly byHand: () => Promise<readonly unknown[]>;
}

interface Cost {
  /** Milliseconds of each answer, in ascending order. */
  readonly walls: Float64Array;
  /** Milliseconds of processor time of an answer, on average. */
  readonly cpu: ByProcess;
}

export interface Compared {
  readonly name: string;
  readonly rows: number;
  readonly product: Cost;
  readonly hand: Cost;
}

/**
 * Both in turns, after the answers have been compared, which does not count otherwise. The server forgets its answers
 * before each.
 */
export async function besideHand(
  world: AnalyticsWorld,
  { name, product, byHand }: Asked,
  passes: number,
): Promise<Compared> {
  process.stderr.write(`${name} …\n`);
  const begin = performance.now();
  const answer = await product();
  const took = performance.now() - begin;
  expectSame(name, answer, await byHand());
  const runs = Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, Math.ceil(LEAST_MS / took)));
  const [ours, hand]: [Measured[], Measured[]] = [[], []];
  for (let pass = 1; pass <= passes; pass++) {
    ours.push(await measure(world, runs, product));
    hand.push(await measure(world, runs, byHand));
  }
  const compared = { name, rows: answer.length, product: costOf(ours), hand: costOf(hand) };
  const [mine, theirs] = [databases(compared.product), databases(compared.hand)];
  process.stderr.write(
    `  ${figure(mine)} CPU ms in ${figure(percentile(compared.product.walls, 0.5))} ms, by hand ${figure(theirs)} in ${figure(percentile(compared.hand.walls, 0.5))}: ${ratio(mine, theirs)}\n`,
  );
  return compared;
}

export function comparedTable(title: string, compared: readonly Compared[]): Table {
  return {
    title,
    head: [
      ...['', 'rows', 'CPU ms', 'by hand CPU ms', 'CPU ÷ by hand', 'CPU ms of Node'],
      ...['p50 ms', 'p95 ms', 'by hand p50 ms', 'p50 ÷ by hand'],
    ],
    rows: compared.map(({ name, rows, product, hand }) => {
      const [middle, byHand] = [percentile(product.walls, 0.5), percentile(hand.walls, 0.5)];
      return [
        ...[name, figure(rows), figure(databases(product)), figure(databases(hand))],
        ...[ratio(databases(product), databases(hand)), figure(product.cpu.node)],
        ...[figure(middle), figure(percentile(product.walls, 0.95)), figure(byHand), ratio(middle, byHand)],
      ];
    }),
  };
}

export const comparedNotes: readonly string[] = [
  'CPU is processor time of the engine and PostgreSQL together, of an answer on average; that of Node, which checks the key, turns rows into messages and writes them, stands beside it. The goal for CPU ÷ by hand is 1.2. By hand the answer is read by the benchmark itself, without a server in between.',
  'What the databases do beside the answer, such as merges and the queues that they are asked about, is counted with it: on a busy machine, where an answer takes long, it is much of it.',
];

interface Measured {
  readonly runs: number;
  readonly walls: readonly number[];
  readonly cpu: ByProcess;
}

async function measure(world: AnalyticsWorld, runs: number, work: () => Promise<unknown>): Promise<Measured> {
  const walls: number[] = [];
  const { cpu } = await world.processes.during(async () => {
    for (let run = 0; run < runs; run++) {
      await forgetAnswers(world);
      const begin = performance.now();
      await work();
      walls.push(performance.now() - begin);
    }
  });
  return { runs, walls, cpu };
}

function costOf(measured: readonly Measured[]): Cost {
  const runs = measured.reduce((sum, pass) => sum + pass.runs, 0);
  const none: ByProcess = { node: 0, postgres: 0, engine: 0 };
  const cpu = measured.reduce((sum, pass) => combine(sum, pass.cpu, (left, right) => left + right), none);
  return {
    walls: Float64Array.from(measured.flatMap(({ walls }) => walls)).sort(),
    cpu: combine(cpu, none, (micros) => micros / 1_000 / runs),
  };
}

function databases({ cpu }: Cost): number {
  return cpu.engine + cpu.postgres;
}

function expectSame(name: string, ours: readonly unknown[], theirs: readonly unknown[]): void {
  if (ours.length === 0) throw new Error(`${name} has no answer.`);
  const row = ours.findIndex((one, index) => !isDeepStrictEqual(one, theirs[index]));
  if (row === -1 && ours.length === theirs.length) return;
  const [mine, other] = [ours, theirs].map((rows) => JSON.stringify(rows[row === -1 ? ours.length : row]));
  throw new Error(`${name}: ${ours.length} and ${theirs.length} rows, which differ: ${mine} and ${other}.`);
}
