import type { ByProcess } from '../support/product-processes.js';
import { figure, ratio, type Report, type Table } from '../support/report.js';
import { median } from '../support/statistics.js';
import type { BareInsert } from './bare.js';
import type { Contract } from './shape.js';

/** How long the server is left alone before its memory is read. */
export const AT_REST_MS = 5_000;

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** As many batches as are answered. */
export interface Run {
  readonly contract: Contract;
  readonly size: number;
  readonly accepted: number;
  /** Events a second until the last answer, and until a query finds the last event. */
  readonly acceptance: number;
  readonly throughput: number;
  readonly latency: Latency;
  readonly cpu: ByProcess;
  readonly generatorMicros: number;
}

/** Batches at a rate. */
export interface Delays {
  readonly rate: number;
  readonly accepted: number;
  /** Milliseconds from the answer until a query finds the batch. */
  readonly seen: Latency;
  readonly latency: Latency;
  readonly cpu: ByProcess;
}

export interface Bare extends BareInsert {
  readonly engineMicros: number;
}

export interface Measured {
  readonly runs: readonly Run[];
  readonly delays: readonly Delays[];
  readonly large: readonly Run[];
  readonly bare: { readonly small: readonly Bare[]; readonly whole: readonly Bare[] };
  readonly memory: Readonly<Record<'fresh' | 'peak' | 'after', ByProcess>>;
  /** Events that were accepted, and counted. */
  readonly total: number;
  /** Events a second of the slowest saturated pass. */
  readonly limit: number;
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly passes: number;
}

export function report(measured: Measured): Report {
  const { runs, large, limit, rates, seconds, passes, total, delays } = measured;
  const skipped = rates.filter((rate) => !delays.some((one) => one.rate === rate));
  return {
    title: 'How many events does the product take?',
    method: [
      'Batches over the real port, HTTP/1.1 and protobuf, from a load generator in a separate process. The product is the',
      'server as `npm start` runs it: API and worker in one Node process, PostgreSQL and the analytics engine as its children.',
      'All of them and the generator share the machine. An event of a web SDK has 8 automatic and 4 own properties. Without a',
      `rate, 16 batches are in flight; medians of ${passes} passes of ${seconds} s, after a warm-up.`,
    ].join('\n'),
    tables: [
      saturation([...runs, ...large]),
      delaysOf(delays),
      processorTime(measured),
      peers(measured),
      memoryOf(measured),
    ],
    notes: [
      `Every accepted event is counted at the end by the product itself: ${figure(total)} of ${figure(total)}.`,
      'Accepted is until the last answer; stored is until a query finds the last event, so that no queue is left over.',
      `The delay is measured at steady rates below the slowest saturated pass (${figure(limit)} events/s stored), each for ${seconds * 2} s.`,
      ...skipped.map(
        (rate) => `At ${figure(rate)} events/s it is not measured: that is no rate below saturation here.`,
      ),
      'A query looks for the first event of each batch every 25 ms; the delay includes the time of that look.',
      'Bare inserts are the same rows, as text in the same format, into a copy of the table in the same engine, 4 at once, without queue, validation and enrichment. Blocks of 50,000 are the largest that the worker makes.',
      `Memory at rest is read ${AT_REST_MS / 1_000} s after the last call. It is resident memory; of PostgreSQL with shared pages counted once.`,
      `The generator itself takes ${figure(median(runs.map(({ generatorMicros, accepted }) => generatorMicros / accepted)), 1)} µs of processor time for an event.`,
      'Goals: 10,000 events/s in batches of 100, p99 of the delay below 2 s, 0.3 of the bare inserts.',
    ],
  };
}

function grouped(runs: readonly Run[]): Run[][] {
  return [...Map.groupBy(runs, ({ contract, size }) => `${contract} ${size}`).values()];
}

function saturation(runs: readonly Run[]): Table {
  return {
    title: 'As fast as batches are answered',
    head: [
      'contract',
      'events in a batch',
      'accepted/s',
      'stored/s',
      'stored ÷ 10,000',
      'answer p50 ms',
      'p99 ms',
    ],
    rows: grouped(runs).map((group) => {
      const throughput = median(group.map((run) => run.throughput));
      return [
        group[0]!.contract,
        figure(group[0]!.size),
        figure(median(group.map(({ acceptance }) => acceptance))),
        figure(throughput),
        ratio(throughput, 10_000),
        figure(median(group.map(({ latency }) => latency.p50)), 1),
        figure(median(group.map(({ latency }) => latency.p99)), 1),
      ];
    }),
  };
}

function delaysOf(delays: readonly Delays[]): Table {
  return {
    title: 'From the answer until the event is found, at a steady rate (sdk.events.v1, batches of 100)',
    head: ['events/s', 'p50 ms', 'p99 ms', 'worst ms', 'answer p50 ms', 'answer p99 ms'],
    rows: delays.map(({ rate, seen, latency }) => [
      figure(rate),
      ...[seen.p50, seen.p99, seen.worst, latency.p50, latency.p99].map((value) => figure(value, 1)),
    ]),
  };
}

function processorTime({ runs, large, delays }: Measured): Table {
  const row = (name: string, group: readonly { cpu: ByProcess; accepted: number }[]): string[] => {
    const each = (of: (cpu: ByProcess) => number): number =>
      median(group.map(({ cpu, accepted }) => of(cpu) / accepted));
    const whole = each(({ node, postgres, engine }) => node + postgres + engine);
    // Microseconds for an event are seconds for a million.
    return [
      name,
      ...[
        each(({ node }) => node),
        each(({ postgres }) => postgres),
        each(({ engine }) => engine),
        whole,
      ].map((value) => figure(value, 1)),
    ];
  };
  return {
    title: 'Processor seconds for a million events',
    head: ['', 'Node', 'PostgreSQL', 'engine', 'in all'],
    rows: [
      ...grouped([...runs, ...large]).map((group) =>
        row(`${group[0]!.contract}, ${figure(group[0]!.size)}`, group),
      ),
      ...delays.map((one) => row(`at ${figure(one.rate)}/s`, [one])),
    ],
  };
}

function peers({ large, bare }: Measured): Table {
  const ours = median(large.map(({ throughput }) => throughput));
  const oursMicros = median(
    large.map(({ cpu, accepted }) => (cpu.node + cpu.postgres + cpu.engine) / accepted),
  );
  const row = (name: string, inserts: readonly Bare[]): string[] => {
    const rate = median(inserts.map(({ rows, seconds }) => rows / seconds));
    const micros = median(inserts.map(({ rows, engineMicros }) => engineMicros / rows));
    return [name, figure(rate), ratio(ours, rate), figure(micros, 1), ratio(micros, oursMicros)];
  };
  return {
    title: 'Batches of 1,000 against bare inserts of the same rows',
    head: ['', 'events/s', 'ours ÷ its', 'CPU µs for an event', 'its ÷ ours'],
    rows: [
      ['product, batches of 1,000', figure(ours), '', figure(oursMicros, 1), ''],
      row('bare, blocks of 1,000', bare.small),
      row('bare, blocks of 50,000', bare.whole),
    ],
  };
}

function memoryOf({ memory }: Measured): Table {
  const row = (name: string, { node, postgres, engine }: ByProcess): string[] => [
    name,
    ...[node, postgres, engine, node + postgres + engine].map((value) => figure(value)),
  ];
  return {
    title: 'Memory MiB',
    head: ['', 'Node', 'PostgreSQL', 'engine', 'in all'],
    rows: [
      row('at rest, no events', memory.fresh),
      row('largest', memory.peak),
      row('at rest, behind all passes', memory.after),
    ],
  };
}
