import { mkdir, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { engineArguments } from './engine/configuration.js';
import { Engine } from './engine/engine.js';
import { loadNative } from './engine/native.js';
import { Slots } from './engine/slots.js';
import { Handler } from './http/handler.js';
import { Statements } from './http/statements.js';
import type { EngineConfig, FailureReason, ToParent } from './messages.js';
import { removeAccess, writeAccess } from './process/access.js';
import { removeOwner, writeOwner } from './process/owner.js';

/** Parameters stand in the URL; a ClickHouse server allows as much. */
const MAX_URL_BYTES = 1024 * 1024;
/** Above the 2.5 seconds after which @clickhouse/client gives up an idle connection. */
const KEEP_ALIVE_MS = 30_000;
const MAX_KILLS = 2;
const MAX_QUEUED_KILLS = 64;
const STOP_POLL_MS = 20;

/** Owns the engine, with it the folder, and the listener, in this order. */
export class EngineProcess {
  private stopGraceMs = 0;
  private engine: Engine | undefined;
  private handler: Handler | undefined;
  private server: Server | undefined;
  private slots: Slots | undefined;
  private release: (() => Promise<void>) | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly send: (message: ToParent) => void) {}

  async start(config: EngineConfig): Promise<void> {
    this.stopGraceMs = config.stopGraceMs;
    try {
      await this.open(config);
    } catch (error) {
      this.send({ kind: 'failed', reason: reasonOf(error), message: (error as Error).message });
      await this.stop();
    }
  }

  /** Lets running statements end for a while, then kills them. Exits the process. */
  stop(): Promise<void> {
    this.stopping ??= this.close().finally(() => process.exit());
    return this.stopping;
  }

  private async open(config: EngineConfig): Promise<void> {
    const { dataDir, connections, maxQueued } = config;
    const spoolDir = join(dataDir, 'spool');
    const spillDir = join(dataDir, 'spill');
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const folders = [spoolDir, spillDir];
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    const native = loadNative();
    const args = await engineArguments({ ...config, spillDir });
    // Fails while another engine has the folder open, perhaps in another container. Until here the files may be that engine's.
    this.engine = Engine.open(native, join(dataDir, 'data'), args);
    this.release = async () => {
      await removeAccess(dataDir);
      await removeOwner(dataDir);
    };
    // A killed process has left its files there.
    await removeAccess(dataDir);
    await Promise.all(folders.map(emptyFolder));
    await writeOwner(dataDir);
    this.slots = new Slots(connections, maxQueued);
    const killSlots = new Slots(MAX_KILLS, MAX_QUEUED_KILLS);
    const { engine, slots } = this;
    const defaults = defaultSettings(config);
    const statements = new Statements({ ...config, engine, slots, killSlots, spoolDir, defaults });
    const version = await engine.version();
    this.handler = new Handler({ ...config, statements, version });
    const port = await this.listen(config, this.handler);
    const { host, username, password } = config;
    await writeAccess(dataDir, { url: `http://${host}:${port}`, username, password });
    this.send({ kind: 'ready', port, version });
  }

  private listen({ host, port }: EngineConfig, handler: Handler): Promise<number> {
    const server = createServer({
      maxHeaderSize: MAX_URL_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A large insert may take its time; clients hold the password.
      requestTimeout: 0,
    });
    server.on('request', (message, response) => void handler.handle(message, response));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  private async close(): Promise<void> {
    this.handler?.stop();
    this.server?.close();
    this.server?.closeIdleConnections();
    const deadline = Date.now() + this.stopGraceMs;
    while (this.isBusy && Date.now() < deadline) await delay(STOP_POLL_MS);
    while (this.isBusy) {
      await this.engine?.killAll();
      await delay(STOP_POLL_MS);
    }
    // Before the engine gives its lock back: afterwards the files may be those of the next owner.
    await this.release?.();
    this.engine?.close();
  }

  private get isBusy(): boolean {
    return (this.slots?.running ?? 0) > 0;
  }
}

async function emptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function defaultSettings(config: EngineConfig): (readonly [string, string])[] {
  return [
    ['max_memory_usage', String(config.maxQueryMemoryBytes)],
    ['max_execution_time', String(config.maxExecutionSeconds)],
  ];
}

function reasonOf(error: unknown): FailureReason {
  const { code } = error as { code?: unknown };
  if (code === 'EADDRINUSE') return 'port';
  const isMissing = code === 'CHDB_PLATFORM' || code === 'CHDB_ABI' || code === 'MODULE_NOT_FOUND';
  return isMissing ? 'unsupported' : 'other';
}
