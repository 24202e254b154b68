import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from '../../../../test/support/eventually.js';
import { startTimeOf } from '../../data-folder/index.js';
import { clusterDirOf } from './cluster.js';
import { findRunning, startEmbeddedPostgres, useEmbeddedPostgres } from './index.js';
import { commandAs, findUser } from './os-user.js';

const messages: string[] = [];
const log = { info: (text: string) => messages.push(text), error: (text: string) => messages.push(text) };

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function serverPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(clusterDirOf(dataDir), 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Runs the TypeScript sources in a separate process, which can be killed. */
function startOwner(dataDir: string): ChildProcess {
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) =>
      next(context.parentURL?.endsWith('.ts') && name.startsWith('.') ? name.replace(/js$/, 'ts') : name, context) });`;
  const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('index.ts', import.meta.url))});
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: console });
    console.log('started');
    setInterval(() => {}, 1000);`;
  const flags = [
    '--experimental-transform-types',
    '--no-warnings',
    '--import',
    `data:text/javascript,${encodeURIComponent(hooks)}`,
  ];
  return spawn(process.execPath, [...flags, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the embedded PostgreSQL', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'dovecote-postgres-'));
    // As root the server runs as another user: a folder closed to it must not matter.
    await chmod(dataDir, 0o700);
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  test('a fresh folder gets a durable UTF-8 database behind a password, on this machine only', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    try {
      const shown = await query(
        postgres.url,
        `select current_setting('fsync') fsync, current_setting('listen_addresses') listen, current_database() name,
                current_setting('server_encoding') encoding, current_setting('server_version_num')::int / 10000 version`,
      );
      expect(shown).toEqual([
        { fsync: 'on', listen: '127.0.0.1', name: 'dovecote', encoding: 'UTF8', version: 18 },
      ]);
      const wrong = new URL(postgres.url);
      wrong.password = 'guess';
      await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
      expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
      await query(postgres.url, 'create table kept as select 1 as value');
    } finally {
      await postgres.stop();
    }
    await expect(query(postgres.url, 'select 1')).rejects.toThrow('connect ENOENT');
    expect(await findRunning(dataDir)).toBeUndefined();
  });

  test('a second start in the folder is refused in a sentence; a command may share the database', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    try {
      await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow('already running in this folder');
      const shared = await useEmbeddedPostgres({ dataDir, log });
      await shared.stop();
      expect(shared.url).toBe(postgres.url);
      expect(await query(postgres.url, 'select value from kept')).toEqual([{ value: 1 }]);
    } finally {
      await postgres.stop();
    }
  });

  test('kill -9 of the owner: the next start stops the left-behind server and keeps port and data', async () => {
    const owner = startOwner(dataDir);
    const [output] = (await once(owner.stdout!, 'data')) as [Buffer];
    expect(output.toString()).toContain('started');
    await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow(`(process ${owner.pid})`);
    const orphan = await serverPid(dataDir);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(await startTimeOf(orphan)).toBeDefined();

    const postgres = await startEmbeddedPostgres({ dataDir, log });
    try {
      expect(messages.at(-1)).toContain('interrupted run');
      expect(await serverPid(dataDir)).not.toBe(orphan);
      expect(await query(postgres.url, 'select value from kept')).toEqual([{ value: 1 }]);
    } finally {
      await postgres.stop();
    }
  });

  test('kill -9 of the server itself: it is started again with its data', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    try {
      const killed = await serverPid(dataDir);
      process.kill(killed, 'SIGKILL');
      const recovered = async (): Promise<unknown> =>
        query(postgres.url, 'select value from kept').catch(() => delay(20).then(recovered));
      expect(await recovered()).toEqual([{ value: 1 }]);
      // It answers a moment before its keeper has seen that it does.
      await eventually('it is told', async () => messages.at(-1)?.includes('runs again'));
      expect(messages.at(-2)).toContain('stopped unexpectedly');
      expect(await serverPid(dataDir)).not.toBe(killed);
    } finally {
      await postgres.stop();
    }
  });

  test('a pid file whose number now belongs to another program is no obstacle', async () => {
    await writeFile(join(clusterDirOf(dataDir), 'postmaster.pid'), `${process.pid}\n`);
    await writeFile(join(dataDir, 'dovecote.pid'), `${process.pid}\n1\n`);
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    expect(await query(postgres.url, 'select value from kept')).toEqual([{ value: 1 }]);
    await postgres.stop();
  });

  test('a lost password is reported, not replaced', async () => {
    await rm(join(dataDir, 'postgres.json'));
    await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow('Restore it from your backup');
    expect(await findRunning(dataDir)).toBeUndefined();
  });
});

describe('the user to run as', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n';

  test('root is never chosen', () => {
    expect(findUser('root:x:0:0::/root:/bin/sh')).toBeUndefined();
  });

  test('postgres is preferred to nobody', () => {
    expect(findUser(passwd)).toEqual({ uid: 65534, gid: 65533 });
    expect(findUser(`${passwd}postgres:x:101:104::/:/bin/sh\n`)).toEqual({ uid: 101, gid: 104 });
  });

  test('a closed folder is passed with one capability, not as root', () => {
    expect(commandAs({ uid: 7, gid: 8, capability: 'dac_read_search' }, 'postgres', ['-D', 'x'])).toEqual({
      file: 'setpriv',
      args: [
        '--reuid=7',
        '--regid=8',
        '--clear-groups',
        '--inh-caps=+dac_read_search',
        '--ambient-caps=+dac_read_search',
        '--securebits=+no_setuid_fixup',
        'postgres',
        '-D',
        'x',
      ],
    });
  });
});
