import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './errors.js';
import { listenable } from './listenable.js';
import { commandAs } from './os-user.js';
import type { RunAs } from './os-user.js';

const run = promisify(execFile);

const superuser = 'dovecote';
export const host = '127.0.0.1';
/** Child processes see none of our environment: it holds secrets, and its locale would change their messages. */
export const childEnvironment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };

/** What must be remembered to reach the cluster again. */
export interface Access {
  readonly port: number;
  readonly password: string;
}

export const clusterDirOf = (dataDir: string): string => join(dataDir, 'postgres');
const accessFileOf = (dataDir: string): string => join(dataDir, 'postgres.json');

export function urlOf({ port, password }: Access, database = 'dovecote'): string {
  return `postgresql://${superuser}:${password}@${host}:${port}/${database}`;
}

export async function readAccess(dataDir: string): Promise<Access | undefined> {
  const text = await readFile(accessFileOf(dataDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Access);
}

/** The access of last time, on its old port if that is free. */
export async function prepareAccess(dataDir: string): Promise<Access> {
  const last = await readAccess(dataDir);
  if (last === undefined && (await clusterExists(dataDir))) {
    throw new EmbeddedPostgresError(
      `${accessFileOf(dataDir)} with the password of the database is missing. Restore it from your backup.`,
    );
  }
  const access = {
    password: last?.password ?? randomBytes(24).toString('base64url'),
    port: last !== undefined && (await listenable({ host, port: last.port })) ? last.port : await freePort(),
  };
  const draft = `${accessFileOf(dataDir)}.new`;
  await writeFile(draft, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  await rename(draft, accessFileOf(dataDir));
  return access;
}

export async function clusterExists(dataDir: string): Promise<boolean> {
  return (await stat(join(clusterDirOf(dataDir), 'PG_VERSION')).catch(() => undefined)) !== undefined;
}

/** Makes the cluster beside its final place and moves it there when complete: an interrupted start leaves no half of one. */
export async function createCluster(
  dataDir: string,
  initdb: string,
  user: RunAs,
  password: string,
): Promise<void> {
  const draft = `${clusterDirOf(dataDir)}.new`;
  const passwordFile = join(dataDir, 'postgres.password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(draft, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  // The built-in locale does not depend on the operating system's: indexes survive its upgrades.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [
    `--pgdata=${draft}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
  ];
  const { file, args: words, uid, gid } = commandAs(user, initdb, [...args, ...locale]);
  try {
    await run(file, words, { env: childEnvironment, cwd: '/', uid, gid });
  } catch (cause) {
    const detail = (cause as { stderr?: string }).stderr?.trim() || String(cause);
    throw new EmbeddedPostgresError(`The embedded PostgreSQL could not be set up: ${detail}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, clusterDirOf(dataDir));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
