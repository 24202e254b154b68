import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineConfig } from '../messages.js';
import { type Log, type RunningChild, startChild, tell } from './child-process.js';
import { AlreadyRunningError, PortInUseError } from './errors.js';
import { isEnding, readOwner } from './owner.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const STOP_PATIENCE_MS = 20_000;
const ORPHAN_POLL_MS = 250;
const ORPHAN_SPARE_MS = 5_000;

export interface Exit {
  /** `SIGKILL`, or `exit code 1`. */
  readonly how: string;
}

export interface SupervisorOptions {
  readonly entry: URL | string;
  readonly config: EngineConfig;
  readonly log: Log;
  onExit(exit: Exit): void;
}

/** Keeps the engine's process running on one port, until stop(). */
export class Supervisor {
  private readonly stopping = new AbortController();
  private restarting: Promise<void> = Promise.resolve();
  private isUp = true;
  private hasGivenUp = false;

  private constructor(
    private readonly options: SupervisorOptions,
    private child: RunningChild,
  ) {
    this.watch();
  }

  static async start(options: SupervisorOptions): Promise<Supervisor> {
    return new Supervisor(options, await startAfterOrphan(options));
  }

  get port(): number {
    return this.child.port;
  }

  get version(): string {
    return this.child.version;
  }

  get pid(): number | undefined {
    return this.child.process.pid;
  }

  get isRunning(): boolean {
    return this.isUp;
  }

  /** False once another process has the folder or the port: then the engine is not started again. */
  get recovers(): boolean {
    return !this.hasGivenUp;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.restarting;
    const { process: child } = this.child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    child.channel?.ref();
    const exit = once(child, 'exit');
    tell(child, { kind: 'stop' });
    const patience = this.options.config.stopGraceMs + STOP_PATIENCE_MS;
    const late = await Promise.race([exit, delay(patience, 'late', { ref: false })]);
    if (late !== 'late') return;
    child.kill('SIGKILL');
    await exit;
  }

  private watch(): void {
    const { process: child } = this.child;
    // The parent may end without stopping the engine: the engine notices.
    child.unref();
    child.channel?.unref();
    unrefStream(child.stderr);
    const ended = (code: number | null, signal: string | null): void => {
      this.isUp = false;
      if (this.stopping.signal.aborted) return;
      const how = signal ?? `exit code ${code}`;
      this.options.log('error', 'embedded clickhouse stopped unexpectedly', {
        how,
        output: this.child.lastWords(),
      });
      this.options.onExit({ how });
      this.restarting = this.restart();
    };
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
    else child.once('exit', ended);
  }

  private async restart(): Promise<void> {
    const { signal } = this.stopping;
    const { entry, log } = this.options;
    // Clients know the port.
    const config = { ...this.options.config, port: this.port };
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        this.child = await startChild(entry, config);
        this.isUp = true;
        log('info', 'embedded clickhouse runs again', { pid: this.pid });
        this.watch();
        return;
      } catch (error) {
        if (await this.isTakenOver(error)) {
          this.hasGivenUp = true;
          log('error', 'embedded clickhouse given up', { message: (error as Error).message });
          return;
        }
        log('error', 'embedded clickhouse did not start', { message: (error as Error).message, pauseMs });
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Whether a process that stays has the folder, or the port that clients know. */
  private async isTakenOver(error: unknown): Promise<boolean> {
    if (error instanceof PortInUseError) return true;
    if (!(error instanceof AlreadyRunningError)) return false;
    return !isEnding(await readOwner(this.options.config.dataDir));
  }
}

/** The pipe keeps the parent running as long as the engine runs. Its type does not say that it is a socket. */
function unrefStream(stream: Readable | null): void {
  if (stream instanceof Socket) stream.unref();
}

/** An engine whose parent was killed has the folder open until its statements have ended. */
async function startAfterOrphan({ entry, config }: SupervisorOptions): Promise<RunningChild> {
  const deadline = Date.now() + config.stopGraceMs + ORPHAN_SPARE_MS;
  for (;;) {
    try {
      return await startChild(entry, config);
    } catch (error) {
      if (!(error instanceof AlreadyRunningError) || Date.now() > deadline) throw error;
      if (!isEnding(await readOwner(config.dataDir))) throw error;
      await delay(ORPHAN_POLL_MS);
    }
  }
}
