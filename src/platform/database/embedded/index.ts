/**
 * The PostgreSQL server of an installation that has no DATABASE_URL: real server binaries from npm, data in the data
 * folder, reachable from this machine only and with a generated password. Exactly one process owns it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { type FolderLock, FolderLockedError, holderOf, lockFolder } from '../../data-folder/index.js';
import { locateBinaries } from './binaries.js';
import { clusterDirOf, clusterExists, createCluster, prepareAccess, readAccess, urlOf } from './cluster.js';
import { AlreadyRunningError, EmbeddedPostgresError } from './errors.js';
import { keepRunning } from './keep-running.js';
import type { Log } from './keep-running.js';
import { chooseUser } from './os-user.js';
import { stopOrphan } from './server.js';
import { overSocket, prepareSocket } from './unix-socket.js';

export { AlreadyRunningError, EmbeddedPostgresError } from './errors.js';

export interface EmbeddedPostgres {
  /** The owner's URL: a superuser, over a Unix socket where there can be one, else over TCP on 127.0.0.1. */
  readonly url: string;
  stop(): Promise<void>;
}

const lockFileOf = (dataDir: string): string => join(dataDir, 'dovecote.pid');

/** Starts the server; rejects with AlreadyRunningError when another process runs it. */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Log;
}): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const lock = await lockDataDir(dataDir);
  try {
    const { url, stop } = await start(dataDir, log);
    return { url, stop: () => stop().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** For commands: the database of a running server, or one started for the duration of the command. */
export async function useEmbeddedPostgres(options: { dataDir: string; log: Log }): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres(options);
  } catch (error) {
    const access = await readAccess(options.dataDir);
    if (!(error instanceof AlreadyRunningError) || access === undefined) throw error;
    const url = await overSocket(urlOf(access), clusterDirOf(options.dataDir));
    return { url, stop: () => Promise.resolve() };
  }
}

/** The pid of the process that runs the database in this folder, if any. */
export function findRunning(dataDir: string): Promise<number | undefined> {
  return holderOf(lockFileOf(dataDir));
}

async function lockDataDir(dataDir: string): Promise<FolderLock> {
  try {
    await mkdir(dataDir, { recursive: true });
    return await lockFolder(lockFileOf(dataDir));
  } catch (cause) {
    if (cause instanceof FolderLockedError) throw new AlreadyRunningError(cause.pid);
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS') throw cause;
    throw new EmbeddedPostgresError(
      `${dataDir} is not writable for this user. Set DATA_DIR to a folder that is.`,
      {
        cause,
      },
    );
  }
}

async function start(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
  const { initdb, postgres } = await locateBinaries();
  const clusterDir = clusterDirOf(dataDir);
  const user = await chooseUser(clusterDir, [dataDir, postgres]);
  if (await stopOrphan(clusterDir)) log.info('Stopped the database that an interrupted run had left behind.');
  const access = await prepareAccess(dataDir);
  if (!(await clusterExists(dataDir))) {
    log.info(`Creating the database in ${clusterDir}.`);
    await createCluster(dataDir, initdb, user, access.password);
  }
  const { port } = access;
  const hasSocket = await prepareSocket(clusterDir, port);
  const logFile = join(dataDir, 'postgres.log');
  const stop = await keepRunning({ postgres, clusterDir, port, hasSocket, user, logFile }, log);
  try {
    await ensureDatabase(urlOf(access, 'postgres'));
    return { url: await overSocket(urlOf(access), clusterDir), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = 'dovecote'");
    if (rowCount === 0) await client.query('create database dovecote');
  } finally {
    await client.end();
  }
}
