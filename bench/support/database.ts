import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** The embedded database of a server, as its superuser, as the server reaches it: over its Unix socket if there is one. */
export async function ownerUrlOf(dataDir: string): Promise<string> {
  const { port, password } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  const url = `postgresql://dovecote:${password}@127.0.0.1:${port}/dovecote`;
  const clusterDir = join(dataDir, 'postgres');
  const hasSocket = existsSync(join(clusterDir, `.s.PGSQL.${port}`));
  return hasSocket ? `${url}?host=${encodeURIComponent(clusterDir)}` : url;
}

/** A connection to it: for arranging and for looking on. */
export async function ownerOf(dataDir: string): Promise<Client> {
  const client = new Client(await ownerUrlOf(dataDir));
  await client.connect();
  return client;
}
