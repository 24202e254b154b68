import type { Piscina } from 'piscina';
import type { RenderResult } from './render.rules.js';
import type { RenderWork } from './rendering.js';

type Pool = Piscina<RenderWork, RenderResult[]>;

/** A thread without work gives its memory back after this time; campaigns and batches send slices in quick succession. */
const IDLE_MS = 60_000;

/** A few threads that render, started when there is work for them. What cannot start at once waits its turn. */
export class RenderThreads {
  private pool: Promise<Pool> | undefined;

  constructor(private readonly size: number) {}

  /** Throws when the thread ends before its work is done; the next work gets another thread. */
  async render(work: RenderWork): Promise<RenderResult[]> {
    this.pool ??= startPool(this.size);
    const pool = await this.pool;
    return pool.run(work);
  }

  async close(): Promise<void> {
    const pool = await this.pool;
    await pool?.destroy();
  }
}

/** The package is loaded by the first work that is worth a thread, not at every start of a server. */
async function startPool(size: number): Promise<Pool> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: import.meta.resolve('#render-thread'),
    minThreads: 0,
    maxThreads: size,
    idleTimeout: IDLE_MS,
  });
}
