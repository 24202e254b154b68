import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './errors.js';

/** As whom the server runs: PostgreSQL refuses to run as root. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
  /** A Linux capability that the server needs to pass through folders closed to this user, such as /root. */
  readonly capability?: 'dac_read_search' | 'dac_override';
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** Decides as whom to run. `paths` must be reachable for that user; an existing cluster keeps its owner. */
export async function chooseUser(clusterDir: string, paths: readonly string[]): Promise<RunAs> {
  const own = process.getuid?.() ?? 0;
  const owner = await stat(clusterDir).catch(() => undefined);
  if (own !== 0) {
    if (owner === undefined || owner.uid === own) return {};
    throw new EmbeddedPostgresError(
      `The database in ${clusterDir} belongs to another user (uid ${owner.uid}). Start as that user or set another DATA_DIR.`,
    );
  }
  const user = owner ?? findUser(await readFile('/etc/passwd', 'utf8'));
  if (user === undefined || user.uid === 0) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root and this machine has neither a user postgres nor nobody. Start as another user.',
    );
  }
  const { uid, gid } = user;
  const reachable = await Promise.all(paths.map((path) => isReachable(path, { uid, gid })));
  return reachable.every(Boolean) ? { uid, gid } : { uid, gid, capability: await findCapability() };
}

export function findUser(passwd: string): { uid: number; gid: number } | undefined {
  const entries = passwd.split('\n').map((line) => line.split(':'));
  const entry = ['postgres', 'nobody'].flatMap((name) => entries.filter(([user]) => user === name))[0];
  return entry === undefined ? undefined : { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function isReachable(path: string, user: { uid: number; gid: number }): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & execute) === 0) return false;
  return path === dirname(path) || isReachable(dirname(path), user);
}

async function findCapability(): Promise<'dac_read_search' | 'dac_override'> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  // Reading everywhere is enough and the smaller right; containers commonly have only the larger one.
  if (bounding & (1n << 2n)) return 'dac_read_search';
  if (bounding & (1n << 1n)) return 'dac_override';
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and this folder is closed to other users. Move the project elsewhere (such as /opt), or set DATABASE_URL.',
  );
}

/** The command that runs `file` as that user. */
export function commandAs({ uid, gid, capability }: RunAs, file: string, args: readonly string[]): Command {
  if (capability === undefined) return { file, args, uid, gid };
  const options = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  options.push(`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`);
  // The binaries look for each other with access(2), which heeds capabilities of other users only with this bit.
  options.push('--securebits=+no_setuid_fixup');
  return { file: 'setpriv', args: [...options, file, ...args] };
}
