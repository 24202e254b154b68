import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { Command, type CommandResult } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';

jest.setTimeout(240_000);

const [previous, next] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];

/** A PostgreSQL for these specs only: the password of its app role changes. */
let postgres: EmbeddedPostgres;
let folder: string;
let owner: Client;
const servers: Command[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-keys-'));
  const log = { info: () => undefined, error: () => undefined };
  postgres = await startEmbeddedPostgres({ dataDir: folder, log });
  owner = new Client({ connectionString: postgres.url });
  owner.on('error', () => undefined);
  await owner.connect();
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await owner?.end();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

function run(words: readonly string[], keys: Record<string, string>): Promise<CommandResult> {
  return Command.run(words, { env: { DATABASE_URL: postgres.url, ...keys }, folder });
}

async function serve(keys: Record<string, string>): Promise<string> {
  const port = String(await freePort());
  const env = { DATABASE_URL: postgres.url, PORT: port, DATA_DIR: folder, ...keys };
  const server = Command.start(['serve', '--role', 'api'], { env, folder });
  servers.push(server);
  await server.printed(/ready/);
  return `http://127.0.0.1:${port}`;
}

async function keySetOf(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** Ends every connection of the app role: from here on it has to connect again. */
async function disconnect(): Promise<void> {
  await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dovecote_app'`);
}

async function expectServing(url: string): Promise<void> {
  await eventually(`${url} serves`, async () => (await fetch(`${url}/health/ready`)).ok, 60_000);
  expect((await keySetOf(url)).length).toBeGreaterThan(1);
}

describe('the master key of servers that run', () => {
  test('is changed in the steps of the help: none of them stops, and the app role has another password', async () => {
    expect(await run(['migrate'], { MASTER_KEY: previous })).toMatchObject({ exitCode: 0 });
    // Step 1 and 2, one after the other: both processes run for a while.
    const first = await serve({ MASTER_KEY: previous, MASTER_KEY_ACCEPTED: next });
    const second = await serve({ MASTER_KEY: next, MASTER_KEY_ACCEPTED: previous });
    await disconnect();
    for (const url of [first, second]) await expectServing(url);
    await servers.shift()?.stop();
    const before = await keySetOf(second);
    const rotated = await run(['rotate-keys'], { MASTER_KEY: next, MASTER_KEY_ACCEPTED: previous });
    expect(rotated.output).toContain('MASTER_KEY_ACCEPTED can be removed.');
    expect(rotated.exitCode).toBe(0);
    await disconnect();
    await expectServing(second);
    const third = await serve({ MASTER_KEY: next });
    await disconnect();
    for (const url of [second, third]) await expectServing(url);
    expect(await keySetOf(third)).not.toEqual(before);
    expect((await run(['doctor'], { MASTER_KEY: previous })).output).toContain('another master key');
  });
});
