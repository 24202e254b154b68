import { spawnSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { eventually } from '../../../../test/support/eventually.js';
import { cancelRequest } from '../cancel-request.js';
import { appRole, appUrl } from '../app-role.js';
import { appDataSource } from '../data-source.js';
import { migrate } from '../migrate.js';
import { clusterDirOf } from './cluster.js';
import { type EmbeddedPostgres, startEmbeddedPostgres, useEmbeddedPostgres } from './index.js';

jest.setTimeout(120_000);

const quiet = { info: () => undefined, error: (message: string) => console.error(message) };
const address = 'select host(inet_client_addr()) as address';

let folder: string;
let running: EmbeddedPostgres | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-socket-'));
  // Open to every user: only what the server closes is closed.
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

async function start(dataDir = folder): Promise<string> {
  running = await startEmbeddedPostgres({ dataDir, log: quiet });
  return running.url;
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

async function ask(url: string, text: string): Promise<Record<string, unknown>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}

function overTcp(url: string): string {
  return Object.assign(new URL(url), { search: '' }).toString();
}

async function socketsIn(dataDir = folder): Promise<string[]> {
  return (await readdir(clusterDirOf(dataDir))).filter((name) => name.startsWith('.s.'));
}

test('all connections of the server go over the socket, and TCP is open beside it', async () => {
  const ownerUrl = await start();
  const masterKey = Buffer.alloc(32, 1);
  await migrate({ ownerUrl, masterKey }, pino({ level: 'silent' }));
  const url = appUrl(ownerUrl, masterKey);
  const dataSource = await appDataSource(
    url,
    [],
    { size: 1, applicationName: 'spec' },
    pino({ level: 'silent' }),
  ).initialize();
  expect(await dataSource.query(`${address}, current_user::text as name`)).toEqual([
    { address: null, name: appRole },
  ]);
  await dataSource.destroy();
  for (const one of [url, ownerUrl]) {
    expect(await ask(one, address)).toEqual({ address: null });
    expect(await ask(overTcp(one), address)).toEqual({ address: '127.0.0.1' });
  }
  const command = await useEmbeddedPostgres({ dataDir: folder, log: quiet });
  expect(command.url).toBe(ownerUrl);
});

test('a wrong password is refused over the socket', async () => {
  const wrong = Object.assign(new URL(await start()), { password: 'guess' }).toString();
  await expect(ask(wrong, 'select 1')).rejects.toThrow('password authentication failed');
});

test('the socket is closed to other users of the machine', async () => {
  await start();
  const clusterDir = clusterDirOf(folder);
  const [name] = (await socketsIn()).filter((one) => !one.endsWith('.lock'));
  const socket = join(clusterDir, name!);
  expect((await stat(clusterDir)).mode & 0o777).toBe(0o700);
  expect((await stat(socket)).mode & 0o777).toBe(0o700);
  // Only root can try it as others.
  if (process.getuid?.() !== 0) return;
  const writable = (uid: number): boolean =>
    spawnSync('test', ['-w', socket], { uid, gid: uid }).status === 0;
  expect(writable((await stat(clusterDir)).uid)).toBe(true);
  expect(writable(4_242)).toBe(false);
});

test('a statement is cancelled over the socket', async () => {
  const url = await start();
  const pool = new Pool({ connectionString: url, max: 1 });
  const client = await pool.connect();
  const slow = expect(client.query('select pg_sleep(60)')).rejects.toThrow('canceling statement');
  // A request that arrives before its statement has begun cancels nothing.
  await eventually('the statement runs', async () => {
    const running = `select count(*)::int as count from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`;
    return (await ask(url, running)).count === 1;
  });
  await cancelRequest(client);
  await slow;
  client.release();
  await pool.end();
});

test('a path too long for a socket: over TCP, as before', async () => {
  const dataDir = join(folder, 'x'.repeat(100));
  await mkdir(dataDir);
  const url = await start(dataDir);
  expect(await ask(url, address)).toEqual({ address: '127.0.0.1' });
  expect(await socketsIn(dataDir)).toEqual([]);
});

test('a folder whose name needs quoting in a list, a URL and a path', async () => {
  const dataDir = join(folder, `a b+ü,"%20'?&#`);
  await mkdir(dataDir);
  expect(await ask(await start(dataDir), address)).toEqual({ address: null });
});

test('sign-in over the socket that an operator has taken out: over TCP, as before', async () => {
  await start();
  await stop();
  const file = join(clusterDirOf(folder), 'pg_hba.conf');
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith('local'));
  await writeFile(file, lines.join('\n'));
  expect(await ask(await start(), address)).toEqual({ address: '127.0.0.1' });
});

test('what a killed server left behind, with the number of a process of today, is no obstacle', async () => {
  const { port } = new URL(await start());
  await stop();
  expect(await socketsIn()).toEqual([]);
  for (const name of [`.s.PGSQL.${port}`, `.s.PGSQL.${port}.lock`, '.s.PGSQL.1', '.s.PGSQL.1.lock'])
    await appendFile(join(clusterDirOf(folder), name), `${process.pid}\n${clusterDirOf(folder)}\n`);
  const url = await start();
  expect(new URL(url).port).toBe(port);
  expect(await ask(url, address)).toEqual({ address: null });
  expect(await socketsIn()).toEqual([`.s.PGSQL.${port}`, `.s.PGSQL.${port}.lock`]);
});
