import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ObstacleError } from '../database/obstacle.js';
import type { EngineConnection } from './engine-connection.js';
import { analyticsUnavailable, fromEngineError } from './engine-errors.js';
import { migrateEngine } from './migrate-engine.js';

/** How an engine is reached: the embedded one is started, or joined; a server is only connected to. */
export interface EngineAccess {
  /** Whether opening is worth it before the first statement. */
  readonly isUsed: () => Promise<boolean>;
  readonly open: () => Promise<OpenEngine>;
}

export interface OpenEngine {
  readonly connection: EngineConnection;
  /** Whether it comes back by itself at the same address. */
  readonly recovers: boolean;
  /** Lets the connection go, and stops the engine if this process runs it. */
  close(): Promise<void>;
}

/** Statements that come soon after a failed attempt fail like it, instead of starting the next attempt. */
const pauseMs = 2_000;
const secondAttemptMs = 500;

/**
 * The engine as this process knows it: opened and migrated by the first statement, once for all that wait, and again
 * after it was lost.
 */
export class AnalyticsEngine {
  private opening: Promise<OpenEngine> | undefined;
  private failure: { readonly until: number; readonly error: unknown } | undefined;
  private isStopped = false;

  constructor(
    private readonly access: EngineAccess,
    private readonly log: Logger,
  ) {}

  /** Throws ANALYTICS_UNAVAILABLE while the engine cannot be used. */
  async connection(): Promise<EngineConnection> {
    if (this.isStopped) throw analyticsUnavailable('The server is stopping.');
    if (this.failure !== undefined && performance.now() < this.failure.until)
      throw unavailable(this.failure.error);
    this.failure = undefined;
    this.opening ??= this.open();
    const opening = this.opening;
    try {
      return (await opening).connection;
    } catch (error) {
      if (this.opening === opening) {
        this.opening = undefined;
        this.failure = { until: performance.now() + pauseMs, error };
        this.log.warn({ err: error }, 'analytics engine unavailable');
      }
      throw unavailable(error);
    }
  }

  /**
   * To be called when a statement did not reach the engine: the next one looks for it again. The process that ran it may
   * have stopped, and another one, or this one, runs it now.
   */
  lost(connection: EngineConnection): void {
    const opening = this.opening;
    void opening?.then(
      async (open) => {
        if (open.recovers || open.connection !== connection || this.opening !== opening) return;
        this.opening = undefined;
        this.log.warn('analytics engine lost');
        await open.close();
      },
      () => undefined,
    );
  }

  /** For /health. Does not start an engine that was never used. */
  async probe(): Promise<void> {
    if (this.opening === undefined && !(await this.access.isUsed())) return;
    const connection = await this.connection();
    const { success } = await connection.client.ping();
    if (success) return;
    this.lost(connection);
    throw analyticsUnavailable('The analytics engine does not answer.');
  }

  /** Opens the engine in the background if it was used before, so that no caller waits for its start. */
  warm(): void {
    const open = async (): Promise<void> => {
      if (await this.access.isUsed()) await this.connection();
    };
    // The log has the reason; the first statement tries again.
    open().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    const open = await this.opening?.catch(() => undefined);
    this.opening = undefined;
    await open?.close();
  }

  private async open(): Promise<OpenEngine> {
    const open = await this.access.open();
    try {
      await this.migrate(open.connection);
      return open;
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  /** The engine refuses a table that another process creates at this moment: the second attempt finds it. */
  private async migrate(connection: EngineConnection): Promise<void> {
    try {
      await migrateEngine(connection, this.log);
    } catch (error) {
      if (error instanceof ObstacleError) throw error;
      await delay(secondAttemptMs);
      await migrateEngine(connection, this.log);
    }
  }
}

function unavailable(error: unknown): Error {
  const known = fromEngineError(error);
  if (known?.kind === 'unavailable') return known;
  // What an operator must mend takes longer than what mends itself.
  const seconds = error instanceof ObstacleError ? 60 : 2;
  return analyticsUnavailable('Analytics is not available at the moment; try again.', error, seconds);
}
