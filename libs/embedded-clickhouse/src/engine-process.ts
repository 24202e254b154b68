import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Engine } from './engine/engine.js';
import { loadNative } from './engine/native.js';
import { Slots } from './engine/slots.js';
import { Handler } from './http/handler.js';
import type { EngineConfig, FailureReason, ToParent } from './messages.js';
import { FolderLockedError, lockFolder } from './process/lock.js';

/** Statements arrive with their parameters in the URL; a ClickHouse server allows as much. */
const MAX_URL_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;
const MAX_KILLS = 2;
const MAX_QUEUED_KILLS = 64;

/** Owns the folder, the engine and the listener, in this order. */
export class EngineProcess {
  private config: EngineConfig | undefined;
  private engine: Engine | undefined;
  private server: Server | undefined;
  private slots: Slots | undefined;
  private release: (() => Promise<void>) | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly send: (message: ToParent) => void) {}

  async start(config: EngineConfig): Promise<void> {
    this.config = config;
    try {
      await this.open(config);
    } catch (error) {
      this.send({ kind: 'failed', reason: reasonOf(error), message: (error as Error).message });
      await this.stop();
    }
  }

  private async open(config: EngineConfig): Promise<void> {
    const spoolDir = join(config.dataDir, 'spool');
    const spillDir = join(config.dataDir, 'spill');
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    this.release = await lockFolder(join(config.dataDir, 'engine.lock'));
    // What a killed process left there.
    await Promise.all([spoolDir, spillDir].map((folder) => rm(folder, { recursive: true, force: true })));
    await Promise.all([spoolDir, spillDir].map((folder) => mkdir(folder, { mode: 0o700 })));
    this.engine = Engine.open(loadNative(), join(config.dataDir, 'data'), engineArguments(config, spillDir));
    const version = await this.engine.version();
    this.slots = new Slots(config.connections, config.maxQueued);
    const handler = new Handler({
      ...config,
      engine: this.engine,
      slots: this.slots,
      killSlots: new Slots(MAX_KILLS, MAX_QUEUED_KILLS),
      version,
      spoolDir,
      defaults: defaultSettings(config),
      timezone: 'UTC',
    });
    this.server = createServer({
      maxHeaderSize: MAX_URL_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
    });
    this.server.on('request', (message, response) => void handler.handle(message, response));
    const port = await listen(this.server, config);
    this.send({ kind: 'ready', port, version });
  }

  /** Lets running statements end for a while, then kills them. Exits the process. */
  stop(): Promise<void> {
    this.stopping ??= this.close().finally(() => process.exit());
    return this.stopping;
  }

  private async close(): Promise<void> {
    this.server?.close();
    this.server?.closeIdleConnections();
    const deadline = Date.now() + (this.config?.stopGraceMs ?? 0);
    while (this.isBusy && Date.now() < deadline) await pause();
    while (this.isBusy) {
      await this.engine?.killAll();
      await pause();
    }
    this.engine?.close();
    await this.release?.();
  }

  private get isBusy(): boolean {
    return (this.slots?.running ?? 0) > 0;
  }
}

function engineArguments(config: EngineConfig, spillDir: string): string[] {
  return [
    `--max_server_memory_usage=${config.maxServerMemoryBytes}`,
    `--tmp_path=${spillDir}/`,
    '--timezone=UTC',
  ];
}

function defaultSettings(config: EngineConfig): (readonly [string, string])[] {
  return [
    ['max_memory_usage', String(config.maxQueryMemoryBytes)],
    ['max_execution_time', String(config.maxExecutionSeconds)],
  ];
}

function listen(server: Server, { host, port }: EngineConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof FolderLockedError) return 'locked';
  const { code } = error as { code?: unknown };
  return code === 'CHDB_PLATFORM' || code === 'CHDB_ABI' || code === 'MODULE_NOT_FOUND'
    ? 'unsupported'
    : 'other';
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
}
