import type { Load } from '../load/load.js';
import type { CallShape, PassResult } from '../load/shape.js';
import type { Protocol } from '../support/calls.js';
import type { Effort } from '../support/effort.js';
import { cpuMicros, descendantsCpuMicros } from '../support/process-usage.js';
import { median } from '../support/statistics.js';

/** One server under one kind of call. */
export interface Cell {
  readonly call: string;
  readonly protocol: Protocol;
  readonly server: string;
  readonly port: number;
  readonly pid: number;
  /** Below which PostgreSQL's processes are, for who asks it. */
  readonly databasePid?: number;
  readonly shape: CallShape;
}

/** Medians over the passes. */
export interface Figures {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time a call: of the server, of its database, of the load generator. */
  readonly cpu: number;
  readonly databaseCpu: number;
  readonly generatorCpu: number;
  /** Largest distance of a pass from the median of `cpu`, as a share of it. */
  readonly spread: number;
}

export type Measured = Cell & { readonly figures: Figures };

interface Pass extends PassResult {
  readonly cpu: number;
  readonly databaseCpu: number;
}

const WARM_UP_SECONDS = 1;

/** Round after round (A B C, A B C), so that a disturbance of the machine does not hit one server alone. */
export async function measure(cells: readonly Cell[], load: Load, effort: Effort): Promise<Measured[]> {
  const passes = new Map<Cell, Pass[]>(cells.map((cell) => [cell, []]));
  // The first round warms up: code is compiled, statements are planned, heaps reach their size.
  for (let round = 0; round <= effort.passes; round++) {
    process.stderr.write(round === 0 ? 'Warming up …\n' : `Pass ${round} of ${effort.passes} …\n`);
    for (const cell of cells) {
      const pass = await measureOnce(
        cell,
        load,
        round === 0 ? Math.max(WARM_UP_SECONDS, effort.seconds) : effort.seconds,
      );
      if (round > 0) passes.get(cell)!.push(pass);
    }
  }
  return cells.map((cell) => ({ ...cell, figures: summarize(passes.get(cell)!) }));
}

async function measureOnce(cell: Cell, load: Load, seconds: number): Promise<Pass> {
  const { port, shape, pid, databasePid = pid } = cell;
  const cpuBefore = cpuMicros(pid);
  const databaseBefore = descendantsCpuMicros(databasePid);
  const result = await load.pass({ port, shape, seconds });
  if (result.failures > 0 || result.calls === 0) {
    throw new Error(
      `${cell.server}, ${cell.call} over ${cell.protocol}: ${result.failures} of ${result.calls} answers are not the right one.`,
    );
  }
  return {
    ...result,
    cpu: cpuMicros(pid) - cpuBefore,
    databaseCpu: descendantsCpuMicros(databasePid) - databaseBefore,
  };
}

function summarize(passes: readonly Pass[]): Figures {
  const medianOf = (figure: (pass: Pass) => number): number => median(passes.map(figure));
  const cpu = medianOf((pass) => pass.cpu / pass.calls);
  return {
    perSecond: medianOf((pass) => pass.calls / pass.seconds),
    p50: medianOf((pass) => pass.p50),
    p99: medianOf((pass) => pass.p99),
    cpu,
    databaseCpu: medianOf((pass) => pass.databaseCpu / pass.calls),
    generatorCpu: medianOf((pass) => pass.generatorCpuMicros / pass.calls),
    spread: Math.max(...passes.map((pass) => Math.abs(pass.cpu / pass.calls - cpu))) / cpu,
  };
}
