import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** The embedded database of a server, as its superuser, over the Unix socket that the server uses, too. */
export async function ownerUrlOf(dataDir: string): Promise<string> {
  const { port, password } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  const socketDir = encodeURIComponent(join(dataDir, 'postgres'));
  return `postgresql://dovecote:${password}@127.0.0.1:${port}/dovecote?host=${socketDir}`;
}

/** A connection to it: for arranging and for looking on. */
export async function ownerOf(dataDir: string): Promise<Client> {
  const client = new Client(await ownerUrlOf(dataDir));
  await client.connect();
  return client;
}
