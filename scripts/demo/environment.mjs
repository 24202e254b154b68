import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from './stage.mjs';

/** Where the server is and who plays the admin; DOVECOTE_URL, ADMIN_EMAIL and API_KEY say otherwise. */
export async function environment() {
  const url = process.env.DOVECOTE_URL ?? `http://127.0.0.1:${process.env.PORT ?? 8080}`;
  const answer = await fetch(`${url}/health`).catch(() => undefined);
  if (!answer?.ok) fail(`No server answers on ${url}. Start one with "npm start", in another terminal.`);
  const dataDir = process.env.DATA_DIR ?? 'data';
  const stored = await readFile(join(dataDir, 'demo-api-key'), 'utf8').catch(() => undefined);
  return {
    url,
    adminEmail: process.env.ADMIN_EMAIL ?? 'admin@acme.example',
    apiKey: process.env.API_KEY ?? stored?.trim(),
    /** How a command of the reader's terminal names it. */
    apiKeyInShell: process.env.API_KEY ? '$API_KEY' : `$(cat ${join(dataDir, 'demo-api-key')})`,
  };
}
