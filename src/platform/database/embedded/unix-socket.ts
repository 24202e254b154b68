/**
 * A Unix socket costs a statement less than TCP does. It lies in the folder of the cluster, which is closed to other
 * users of the machine.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { listenable } from './listenable.js';

// PostgreSQL chooses the name.
const prefix = '.s.PGSQL.';

/**
 * Whether a server can make its socket in the folder; one that cannot would not start. Removes what killed servers left
 * there: PostgreSQL stops at the lock file of a socket when another process now has the number in it.
 */
export async function prepareSocket(clusterDir: string, port: number): Promise<boolean> {
  const left = (await readdir(clusterDir)).filter((name) => name.startsWith(prefix));
  await Promise.all(left.map((name) => rm(join(clusterDir, name))));
  return listenable({ path: join(clusterDir, `${prefix}${port}`) });
}

/** The URL that leads over the socket if one can sign in there, else the given one. */
export async function overSocket(url: string, clusterDir: string): Promise<string> {
  const connectionString = `${url}?host=${encodeURIComponent(clusterDir)}`;
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    return connectionString;
  } catch {
    return url;
  } finally {
    await client.end().catch(() => undefined);
  }
}
