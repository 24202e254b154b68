import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Access,
  AlreadyRunningError,
  findEmbeddedClickHouse,
  startEmbeddedClickHouse,
} from '@dovecote/embedded-clickhouse';
import type { Logger } from 'pino';
import type { EngineAccess, OpenEngine } from './engine.js';
import { connectTo, type EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-errors.js';

export interface EmbeddedEngineOptions {
  readonly dataDir: string;
  /** Memory limit of the engine, in bytes. */
  readonly memory: number;
  /** Memory limit of one statement, in bytes. */
  readonly statementMemory: number;
  /** Statements at once. */
  readonly connections: number;
  readonly timeoutMs: number;
}

/** How long another process of the machine may take to start the engine that both use. */
const siblingPatienceMs = 20_000;
const pollMs = 100;
/** How long a busy engine may take to say that it is there. */
const answerMs = 5_000;
const database = 'dovecote';

export const folderOf = (dataDir: string): string => join(dataDir, 'analytics');

/** The engine of this machine: run by the process that needs it first, and used by all that share the data folder. */
export function embeddedEngine(options: EmbeddedEngineOptions, log: Logger): EngineAccess {
  return {
    isUsed: () =>
      access(folderOf(options.dataDir)).then(
        () => true,
        () => false,
      ),
    open: (signal) => joinOrStart(options, log, signal),
  };
}

async function joinOrStart(
  options: EmbeddedEngineOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<OpenEngine> {
  const patience = AbortSignal.timeout(siblingPatienceMs);
  for (;;) {
    signal.throwIfAborted();
    const joined = await joinSibling(options);
    if (joined) return joined;
    try {
      return await start(options, log);
    } catch (error) {
      if (!(error instanceof AlreadyRunningError) || patience.aborted) throw error;
      await delay(pollMs, undefined, { signal });
    }
  }
}

async function start(options: EmbeddedEngineOptions, log: Logger): Promise<OpenEngine> {
  const engine = await startEmbeddedClickHouse({
    dataDir: folderOf(options.dataDir),
    entry: import.meta.resolve('#clickhouse-process'),
    connections: options.connections,
    maxServerMemoryBytes: options.memory,
    maxQueryMemoryBytes: options.statementMemory,
    log: (level, event, fields) => log[level](fields, event),
  });
  const connection = await connect(engine, options);
  log.info(
    { version: engine.version },
    'analytics engine runs in DATA_DIR; several machines need CLICKHOUSE_URL',
  );
  return {
    connection,
    get recovers() {
      return engine.recovers;
    },
    async close() {
      await connection.client.close();
      await engine.stop();
    },
  };
}

/** Undefined while no process runs the engine, or one that is starting or stopping. */
async function joinSibling(options: EmbeddedEngineOptions): Promise<OpenEngine | undefined> {
  const found = await findEmbeddedClickHouse(folderOf(options.dataDir));
  if (found === undefined) return undefined;
  const connection = await connect(found, options);
  // With its password: after kill -9 a process of another user may listen there.
  const ping = await connection.client.ping({ select: true, abort_signal: AbortSignal.timeout(answerMs) });
  if (ping.success || isBusy(ping.error))
    return { connection, recovers: false, close: () => connection.client.close() };
  await connection.client.close();
  return undefined;
}

/** TOO_MANY_SIMULTANEOUS_QUERIES: it has checked the password before. */
function isBusy(error: Error): boolean {
  return EngineError.of(error).code === '202';
}

function connect(
  { url, username, password }: Access,
  options: EmbeddedEngineOptions,
): Promise<EngineConnection> {
  return connectTo({ url, username, password, place: { database } }, options);
}
