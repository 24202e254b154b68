import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ObstacleError } from '../database/obstacle.js';
import type { EngineConnection } from './engine-connection.js';
import { analyticsUnavailable, EngineError, fromEngineError, isEngineLost } from './engine-errors.js';
import { migrateEngine } from './migrate-engine.js';

/** How an engine is reached: the embedded one is started, or joined; a server is only connected to. */
export interface EngineAccess {
  /** Whether opening is worth it before the first statement. */
  readonly isUsed: () => Promise<boolean>;
  /** The signal ends the waiting for another process. */
  readonly open: (signal: AbortSignal) => Promise<OpenEngine>;
}

export interface OpenEngine {
  readonly connection: EngineConnection;
  /** Whether it comes back by itself at the same address. */
  readonly recovers: boolean;
  /** Lets the connection go, and stops the engine if this process runs it. Breaks statements off. */
  close(): Promise<void>;
}

/** Statements that come soon after a failed attempt fail like it, instead of starting the next attempt. */
const pauseMs = 2_000;
const secondAttemptMs = 500;
/** Load balancers ask again after a few seconds; /health must have answered by then. */
const probePatienceMs = 2_000;

/**
 * The engine as this process knows it: opened and migrated by the first statement, once for all that wait, and again
 * after it was lost.
 */
export class AnalyticsEngine {
  private opening: Promise<UsedEngine> | undefined;
  private failure: { readonly until: number; readonly error: unknown } | undefined;
  /** Lost ones, until the statements that they still run have ended. */
  private readonly retired = new Set<UsedEngine>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly access: EngineAccess,
    private readonly log: Logger,
  ) {}

  /**
   * Runs the work with the engine. Throws ANALYTICS_UNAVAILABLE while the engine cannot be used, and the signal's reason
   * when it aborts before. Work that does not reach the engine makes the next one look for it again: the process that ran it
   * may have stopped, and another one, or this one, runs it now.
   */
  async use<T>(work: (connection: EngineConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const engine = await untilAborted(this.opened(), signal);
    try {
      return await engine.use(work);
    } catch (error) {
      if (isEngineLost(error)) this.lost(engine);
      throw error;
    } finally {
      this.closeRetired();
    }
  }

  /** Whether there may be data. False: an embedded engine would be started for nothing. */
  async isUsed(): Promise<boolean> {
    return this.opening !== undefined || this.access.isUsed();
  }

  /** For /health: answers within two seconds. Does not start an engine that was never used. */
  async probe(): Promise<void> {
    const patience = AbortSignal.timeout(probePatienceMs);
    if (!(await this.isUsed())) return;
    await this.use(async ({ client }) => {
      const answer = await client.ping({ select: false, abort_signal: patience });
      if (!answer.success) throw answer.error;
    }, patience);
  }

  /** Opens the engine in the background if it was used before, so that no caller waits for its start. */
  warm(): void {
    const open = async (): Promise<void> => {
      if (await this.isUsed()) await this.opened();
    };
    // The log has the reason; the first statement tries again.
    open().catch(() => undefined);
  }

  /** Breaks off what opens the engine, or still uses it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const engine = await this.opening?.catch(() => undefined);
    this.opening = undefined;
    const all = engine === undefined ? [...this.retired] : [engine, ...this.retired];
    this.retired.clear();
    await Promise.all(all.map((one) => one.close()));
  }

  private opened(): Promise<UsedEngine> {
    if (this.stopping.signal.aborted) throw analyticsUnavailable('The server is stopping.');
    if (this.failure !== undefined && performance.now() < this.failure.until)
      throw unavailable(this.failure.error);
    this.failure = undefined;
    this.opening ??= this.open();
    return this.opening;
  }

  private async open(): Promise<UsedEngine> {
    try {
      const open = await this.access.open(this.stopping.signal);
      await this.migrate(open);
      return new UsedEngine(open);
    } catch (error) {
      this.opening = undefined;
      this.failure = { until: performance.now() + pauseMs, error };
      if (!this.stopping.signal.aborted) this.log.warn({ err: error }, 'analytics engine unavailable');
      throw unavailable(error);
    }
  }

  private async migrate(open: OpenEngine): Promise<void> {
    const { signal } = this.stopping;
    const attempt = (): Promise<void> => migrateEngine(open.connection, this.log, signal);
    try {
      await attempt().catch(async (error: unknown) => {
        // The engine refuses a table that another process creates at this moment: the second attempt finds it.
        if (error instanceof ObstacleError || !EngineError.of(error).isAnswer) throw error;
        await delay(secondAttemptMs, undefined, { signal });
        await attempt();
      });
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  private lost(engine: UsedEngine): void {
    const { opening } = this;
    void opening?.then(
      (current) => {
        if (current !== engine || engine.recovers || this.opening !== opening) return;
        this.opening = undefined;
        this.retired.add(engine);
        this.log.warn('analytics engine lost');
        this.closeRetired();
      },
      () => undefined,
    );
  }

  private closeRetired(): void {
    for (const engine of this.retired) {
      if (engine.isUsed) continue;
      this.retired.delete(engine);
      engine.close().catch((error: unknown) => this.log.warn({ err: error }, 'analytics engine not closed'));
    }
  }
}

/** An engine, and whether statements run on its connection: closing it would break them off. */
class UsedEngine {
  private uses = 0;

  constructor(private readonly open: OpenEngine) {}

  get isUsed(): boolean {
    return this.uses > 0;
  }

  get recovers(): boolean {
    return this.open.recovers;
  }

  async use<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T> {
    this.uses += 1;
    try {
      return await work(this.open.connection);
    } finally {
      this.uses -= 1;
    }
  }

  close(): Promise<void> {
    return this.open.close();
  }
}

/** Does not end the work when the signal aborts: others wait for it. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function unavailable(error: unknown): Error {
  const known = fromEngineError(error);
  if (known?.kind === 'unavailable') return known;
  // What an operator must mend takes longer than what mends itself.
  const seconds = error instanceof ObstacleError ? 60 : 2;
  return analyticsUnavailable('Analytics is not available at the moment; try again.', error, seconds);
}
