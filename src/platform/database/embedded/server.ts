import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runsIn, startTimeOf } from '../../data-folder/index.js';
import { childEnvironment, host } from './cluster.js';
import { EmbeddedPostgresError } from './errors.js';
import { commandAs } from './os-user.js';
import type { RunAs } from './os-user.js';

const pollMs = 20;
const stopPatienceMs = 20_000;
const orphanPatienceMs = 10_000;
const largestLogBytes = 8 * 1024 * 1024;

/**
 * Sized for a small machine; a larger one uses DATABASE_URL. Durability settings keep their safe defaults.
 */
const settings = {
  listen_addresses: host,
  max_connections: '100',
  shared_buffers: '128MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  unix_socket_permissions: '0700',
};

export interface ServerOptions {
  readonly postgres: string;
  readonly clusterDir: string;
  readonly port: number;
  /** Beside the port, a Unix socket in the folder of the cluster. */
  readonly hasSocket: boolean;
  readonly user: RunAs;
  readonly logFile: string;
}

/** Starts the server and waits until it accepts connections; the signal ends the attempt. */
export async function startServer(options: ServerOptions, signal: AbortSignal): Promise<ChildProcess> {
  const patience = AbortSignal.timeout(orphanPatienceMs);
  for (;;) {
    const server = await tryServer(options, signal);
    if (typeof server !== 'string') return server;
    // After kill -9 of the server its children notice within moments; until then their memory is in the way.
    const childrenRemain = server.includes('pre-existing shared memory block');
    if (!childrenRemain || patience.aborted || signal.aborted) {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL stopped at once. The end of ${options.logFile}:\n${server}`,
      );
    }
    await delay(10 * pollMs);
  }
}

/** The server once it is ready, or its last words. */
async function tryServer(options: ServerOptions, signal: AbortSignal): Promise<ChildProcess | string> {
  const child = await spawnServer(options);
  // The event may have passed already: a server that cannot start ends within moments.
  while (!hasEnded(child)) {
    const [pid, , , , , , , status] = await pidFileLines(options.clusterDir);
    if (Number(pid) === child.pid && status?.trim() === 'ready') {
      child.unref();
      return child;
    }
    if (signal.aborted) await stopServer(child);
    else await delay(pollMs);
  }
  const lines = (await readFile(options.logFile, 'utf8')).trim().split('\n');
  return lines.slice(-5).join('\n');
}

async function spawnServer(options: ServerOptions): Promise<ChildProcess> {
  // Relative to the folder of the cluster, where the server works: no path to be quoted in a list.
  const all = { ...settings, unix_socket_directories: options.hasSocket ? '.' : '' };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const words = ['-D', options.clusterDir, '-p', String(options.port), ...flags];
  const { file, args, uid, gid } = commandAs(options.user, options.postgres, words);
  const logged = await stat(options.logFile).catch(() => undefined);
  if (logged !== undefined && logged.size > largestLogBytes)
    await rename(options.logFile, `${options.logFile}.1`);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    // Its own process group: Ctrl-C reaches us alone, and we stop the database after the last call is answered.
    // A file, not a pipe: the server must outlive a killed parent without losing its output.
    const child = spawn(file, args, {
      env: childEnvironment,
      cwd: '/',
      uid,
      gid,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

/** Lets transactions roll back, writes a checkpoint and ends; after a while without mercy. */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  const stopped = await Promise.race([exit, delay(stopPatienceMs, 'late', { ref: false })]);
  if (stopped === 'late') {
    child.kill('SIGQUIT');
    await exit;
  }
}

/** Whether the process has ended, with or without an exit event. */
export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Stops a server whose parent was killed; returns true if there was one. Removes a stale pid file. */
export async function stopOrphan(clusterDir: string): Promise<boolean> {
  const pid = Number((await pidFileLines(clusterDir))[0] ?? 0);
  if (pid === 0) return false;
  const startTime = await startTimeOf(pid);
  if (startTime === undefined || !(await runsIn(pid, clusterDir))) {
    await rm(join(clusterDir, 'postmaster.pid'), { force: true });
    return false;
  }
  const patience = AbortSignal.timeout(stopPatienceMs);
  process.kill(pid, 'SIGINT');
  while ((await startTimeOf(pid)) === startTime) {
    if (patience.aborted) process.kill(pid, 'SIGQUIT');
    await delay(pollMs);
  }
  return true;
}

async function pidFileLines(clusterDir: string): Promise<string[]> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n');
}
