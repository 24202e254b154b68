import { readFileSync } from 'node:fs';
import {
  cpuMicros,
  descendants,
  descendantsCpuMicros,
  familyCpuMicros,
  memoryMiB,
  residentMiB,
} from './process-usage.js';

const SAMPLE_MS = 500;

/** A figure for each of the processes of a server; PostgreSQL's are counted together. */
export interface ByProcess {
  readonly node: number;
  readonly postgres: number;
  readonly engine: number;
}

/** The processes of a server: Node, which is API and worker, its PostgreSQL and its analytics engine. */
export class ProductProcesses {
  private constructor(
    private readonly node: number,
    private readonly postgres: number,
    readonly engine: number,
  ) {}

  /** Throws unless both databases run. */
  static of(node: number): ProductProcesses {
    const children = descendants(node);
    const named = (pattern: RegExp): number => {
      const child = children.find((pid) => pattern.test(commandOf(pid)));
      if (child === undefined) throw new Error(`The server has no child process ${pattern}.`);
      return child;
    };
    return new ProductProcesses(node, named(/postgres/), named(/clickhouse/));
  }

  /** Microseconds of processor time so far. */
  cpu(): ByProcess {
    const backends = descendantsCpuMicros(this.postgres);
    return {
      node: cpuMicros(this.node),
      postgres: familyCpuMicros(this.postgres) + (Number.isNaN(backends) ? 0 : backends),
      engine: cpuMicros(this.engine),
    };
  }

  /** MiB: resident; of PostgreSQL with each shared page counted once. */
  memory(): ByProcess {
    return {
      node: residentMiB(this.node),
      postgres: [this.postgres, ...descendants(this.postgres)]
        .map((pid) => memoryMiB([pid]))
        // A backend that has just ended has none.
        .reduce((sum, size) => sum + (Number.isNaN(size) ? 0 : size), 0),
      engine: residentMiB(this.engine),
    };
  }

  /** The result of `work`, the processor time that was spent until it ended, and the largest memory seen. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; cpu: ByProcess; peak: ByProcess }> {
    let peak = this.memory();
    const timer = setInterval(() => (peak = combine(peak, this.memory(), Math.max)), SAMPLE_MS);
    const before = this.cpu();
    try {
      const result = await work();
      const cpu = combine(this.cpu(), before, (after, then) => after - then);
      return { result, cpu, peak: combine(peak, this.memory(), Math.max) };
    } finally {
      clearInterval(timer);
    }
  }
}

export function combine(
  left: ByProcess,
  right: ByProcess,
  how: (left: number, right: number) => number,
): ByProcess {
  return {
    node: how(left.node, right.node),
    postgres: how(left.postgres, right.postgres),
    engine: how(left.engine, right.engine),
  };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
