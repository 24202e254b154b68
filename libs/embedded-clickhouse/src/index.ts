/**
 * ClickHouse without a server: a child process that runs the engine of chdb and speaks ClickHouse's HTTP interface on
 * 127.0.0.1, so that the official client works with it as with a server.
 *
 *   const engine = await startEmbeddedClickHouse({ dataDir: '/var/lib/app/clickhouse' });
 *   const client = createClient({ url: engine.url, username: engine.username, password: engine.password });
 *   …
 *   await client.close();
 *   await engine.stop();
 *
 * One process owns a data folder; others of the same user find its engine with `findEmbeddedClickHouse(dataDir)`.
 */
import { randomBytes } from 'node:crypto';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { type Access, readAccess } from './process/access.js';
import type { Log } from './process/child-process.js';
import { type Exit, Supervisor } from './process/supervisor.js';

export { AlreadyRunningError, EmbeddedClickHouseError, UnsupportedPlatformError } from './process/errors.js';
export type { Access, Exit, Log };

export interface EmbeddedClickHouseOptions {
  /** Created when it is missing. Data, lock, temporary files. */
  readonly dataDir: string;
  /** Gets structured lines: a level, an event in lower case, its details. Default: nothing is logged. */
  readonly log?: Log;
  /** Called each time the engine's process ended on its own, before it is started again on the same port. */
  readonly onExit?: (exit: Exit) => void;
  /** The engine's process, when this module is bundled: the bundled child.js, as a file URL or a path. */
  readonly entry?: URL | string;
  /** Port on 127.0.0.1. Default: any free one. */
  readonly port?: number;
  /** Statements that run at once. Default: 8. */
  readonly connections?: number;
  /** Statements that wait; beyond it they are refused with code 202. Default: 256. */
  readonly maxQueued?: number;
  /** Memory of the engine. Default: half of the machine's. */
  readonly maxServerMemoryBytes?: number;
  /** `max_memory_usage` of statements that set none. Default: half of the engine's. */
  readonly maxQueryMemoryBytes?: number;
  /** `max_execution_time` of statements that set none, in seconds; 0: no limit. Default: 0. */
  readonly maxExecutionSeconds?: number;
  /** Longest statement without the rows that it brings. Default: 16 MiB. */
  readonly maxStatementBytes?: number;
  /** Most rows that one INSERT brings, in bytes after decompression. Default: 1 GiB. */
  readonly maxBodyBytes?: number;
  /** Largest result of a format that is kept in memory, as JSON; code 396 beyond it. Default: 256 MiB. */
  readonly maxResultBytes?: number;
  /** Disk for sorts and groupings that do not fit into memory. Default: 10 GiB. */
  readonly maxSpillBytes?: number;
  /** How long stop() lets statements run before it kills them, in milliseconds. Default: 5,000. */
  readonly stopGraceMs?: number;
}

export interface EmbeddedClickHouse extends Access {
  /** `http://127.0.0.1:<port>`; stays the same when the engine's process is restarted. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** The engine's version, as `26.7.2.1`. */
  readonly version: string;
  /** Process id of the engine; changes with a restart. */
  readonly pid: number | undefined;
  /** False while the engine's process is started again. */
  readonly isRunning: boolean;
  /**
   * False once another process has taken the folder or the port while the engine was down: then it is not started again.
   * Stop it, and find that engine or start another one.
   */
  readonly recovers: boolean;
  /** Waits for running statements, kills them after a while, closes the engine. */
  stop(): Promise<void>;
}

const MIB = 1024 * 1024;

/**
 * Starts the engine and keeps it running. Rejects with UnsupportedPlatformError (Windows, musl), AlreadyRunningError (the
 * message names the process that owns the folder), or EmbeddedClickHouseError.
 */
export async function startEmbeddedClickHouse(
  options: EmbeddedClickHouseOptions,
): Promise<EmbeddedClickHouse> {
  const dataDir = resolve(options.dataDir);
  const host = '127.0.0.1';
  const username = 'default';
  const password = randomBytes(24).toString('base64url');
  const maxServerMemoryBytes = options.maxServerMemoryBytes ?? Math.floor(totalmem() / 2);
  const supervisor = await Supervisor.start({
    entry: options.entry ?? new URL('./child.js', import.meta.url),
    log: options.log ?? (() => undefined),
    onExit: options.onExit ?? (() => undefined),
    config: {
      dataDir,
      host,
      port: options.port ?? 0,
      username,
      password,
      connections: options.connections ?? 8,
      maxQueued: options.maxQueued ?? 256,
      maxServerMemoryBytes,
      maxQueryMemoryBytes: options.maxQueryMemoryBytes ?? Math.floor(maxServerMemoryBytes / 2),
      maxExecutionSeconds: options.maxExecutionSeconds ?? 0,
      maxStatementBytes: options.maxStatementBytes ?? 16 * MIB,
      maxBodyBytes: options.maxBodyBytes ?? 1024 * MIB,
      maxResultBytes: options.maxResultBytes ?? 256 * MIB,
      maxSpillBytes: options.maxSpillBytes ?? 10 * 1024 * MIB,
      stopGraceMs: options.stopGraceMs ?? 5_000,
    },
  });
  const access = { url: `http://${host}:${supervisor.port}`, username, password };
  return {
    ...access,
    version: supervisor.version,
    get pid() {
      return supervisor.pid;
    },
    get isRunning() {
      return supervisor.isRunning;
    },
    get recovers() {
      return supervisor.recovers;
    },
    stop: () => supervisor.stop(),
  };
}

/**
 * How to reach the engine that another process of this user runs in the folder; undefined when none runs, or not yet.
 * After kill -9 what is found may have ended: ask it something, with its password, before you rely on it.
 */
export async function findEmbeddedClickHouse(dataDir: string): Promise<Access | undefined> {
  return readAccess(dataDir);
}
