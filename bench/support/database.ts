import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** A connection to the embedded database of a server as its superuser: for arranging and for looking on. */
export async function ownerOf(dataDir: string): Promise<Client> {
  const { port, password } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  const client = new Client(`postgresql://dovecote:${password}@127.0.0.1:${port}/dovecote`);
  await client.connect();
  return client;
}
