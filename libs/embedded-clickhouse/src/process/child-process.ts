import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineConfig, ToChild, ToParent } from '../messages.js';
import {
  AlreadyRunningError,
  EmbeddedClickHouseError,
  PortInUseError,
  UnsupportedPlatformError,
} from './errors.js';
import { describeOwner, readOwner } from './owner.js';

export type Log = (level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface RunningChild {
  readonly process: ChildProcess;
  readonly port: number;
  readonly version: string;
  /** The end of what it wrote to its standard error. */
  lastWords(): string;
}

/** Node's thread pool runs the statements of all connections, files and compression. */
const SPARE_THREADS = 8;

/** Starts the engine's process and waits until it listens. Rejects with an EmbeddedClickHouseError. */
export function startChild(entry: URL | string, config: EngineConfig): Promise<RunningChild> {
  const path = entry instanceof URL || entry.startsWith('file:') ? fileURLToPath(entry) : entry;
  const child = fork(path, [], {
    execArgv: [],
    // None of our environment: it holds secrets.
    env: {
      PATH: process.env['PATH'] ?? '',
      TZ: 'UTC',
      UV_THREADPOOL_SIZE: String(config.connections + SPARE_THREADS),
    },
    // Its own process group: Ctrl-C reaches the parent alone, which stops the engine last.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-4_096);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new EmbeddedClickHouseError(startFailed(cause.message), { cause })),
    );
    let failure: Failure | undefined;
    // Not `exit`: by now everything is read that it wrote to its standard error.
    child.once('close', (code, signal) => {
      const words = `${signal ?? `exit code ${code}`} ${lastWords}`.trim();
      errorOf(failure, words, config).then(reject, reject);
    });
    child.on('message', (message: ToParent) => {
      if (message.kind === 'failed') failure = message;
      else resolve({ ...message, process: child, lastWords: () => lastWords.trim() });
    });
    tell(child, { kind: 'start', config });
  });
}

export function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message);
}

function startFailed(detail: string): string {
  return `The embedded ClickHouse engine did not start: ${detail}`;
}

type Failure = Extract<ToParent, { kind: 'failed' }>;

/** The words of the engine about its lock, which holds across containers; its exception does not say it. */
const lockedWords = /Cannot lock file .*status/;

async function errorOf(
  failure: Failure | undefined,
  lastWords: string,
  { dataDir }: EngineConfig,
): Promise<EmbeddedClickHouseError> {
  if (failure === undefined) return new EmbeddedClickHouseError(startFailed(lastWords));
  const { reason, message } = failure;
  if (reason === 'unsupported') {
    const platform = `${process.platform}-${process.arch}`;
    return new UnsupportedPlatformError(
      `The embedded ClickHouse engine does not run on ${platform}. Set CLICKHOUSE_URL to a ClickHouse server. (${message})`,
    );
  }
  if (reason === 'port') return new PortInUseError(startFailed(message));
  if (lockedWords.test(lastWords)) return new AlreadyRunningError(describeOwner(await readOwner(dataDir)));
  return new EmbeddedClickHouseError(startFailed(`${message} ${lastWords}`));
}
