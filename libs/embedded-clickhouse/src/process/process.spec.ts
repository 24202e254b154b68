import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { eventually } from '../eventually.js';
import {
  type Access,
  type EmbeddedClickHouse,
  type EmbeddedClickHouseOptions,
  findEmbeddedClickHouse,
  startEmbeddedClickHouse,
} from '../index.js';

const built = new URL('../../dist/', import.meta.url);
const endless = 'SELECT count() FROM numbers_mt(100000000000) WHERE sipHash64(number) = 1';

let dataDir: string;
let opened: { close(): Promise<void> }[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'));
  opened = [];
});

afterEach(async () => {
  for (const one of opened.reverse()) await one.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedClickHouseOptions> = {}): Promise<EmbeddedClickHouse> {
  const engine = await startEmbeddedClickHouse({ dataDir, ...options });
  opened.push({ close: () => engine.stop() });
  return engine;
}

function connect({ url, username, password }: Access): ClickHouseClient {
  const client = createClient({ url, username, password, log: { level: 127 } });
  opened.push(client);
  return client;
}

async function rows(client: ClickHouseClient, query: string): Promise<unknown[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json();
}

/** A zombie that its new parent does not reap has ended too. */
async function hasEnded(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return status.slice(status.lastIndexOf(')')).startsWith(') Z');
}

/** A process that owns the engine and can be killed. */
async function startOwner(): Promise<{ owner: ChildProcess; enginePid: number }> {
  const script = `const { startEmbeddedClickHouse } = await import(${JSON.stringify(new URL('index.js', built))});
    const engine = await startEmbeddedClickHouse({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(engine.pid);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.push({ close: async () => void owner.kill('SIGKILL') });
  const [output] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, enginePid: Number(output) };
}

/** An entry whose engine, started a second time, opens its folder only when it may. */
async function waitsAfterFirstStart(): Promise<{ entry: string; allow(): Promise<void> }> {
  const entry = join(dataDir, 'waits.mjs');
  const free = join(dataDir, 'free');
  await writeFile(
    entry,
    `import { existsSync, writeFileSync } from 'node:fs';
    const mark = ${JSON.stringify(join(dataDir, 'mark'))};
    while (existsSync(mark) && !existsSync(${JSON.stringify(free)}) && process.connected)
      await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(mark, '');
    await import(${JSON.stringify(new URL('child.js', built))});`,
  );
  return { entry, allow: () => writeFile(free, '') };
}

async function listenOn(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ close: async () => void server.close() });
}

function poolOfOne(): { agent: Agent } & AsyncDisposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return { agent, [Symbol.asyncDispose]: async () => agent.destroy() };
}

async function statusOf({ url, username, password }: Access, path: string, agent: Agent): Promise<number> {
  const sent = get(`${url}${path}`, { agent, auth: `${username}:${password}` });
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode ?? 0;
}

describe("the engine's process", () => {
  test('a platform without an engine is refused, with what to do about it', async () => {
    const entry = join(dataDir, 'child.mjs');
    const child = JSON.stringify(new URL('child.js', built));
    await writeFile(
      entry,
      `Object.defineProperty(process, 'platform', { value: 'win32' }); await import(${child});`,
    );
    await expect(start({ entry })).rejects.toMatchObject({
      name: 'UnsupportedPlatformError',
      message: expect.stringContaining('Set CLICKHOUSE_URL to a ClickHouse server'),
    });
  });

  test('an entry that does not run is refused with its last words', async () => {
    const entry = join(dataDir, 'child.mjs');
    await writeFile(entry, "throw new Error('no such thing');");
    await expect(start({ entry })).rejects.toThrow('no such thing');
  });

  test('the engine is not loaded into this process', async () => {
    await start();
    expect(await readFile('/proc/self/maps', 'utf8')).not.toContain('libchdb');
  });

  test('the password stands neither in its arguments nor in its environment', async () => {
    const { pid, password } = await start();
    for (const file of ['cmdline', 'environ'])
      expect(await readFile(`/proc/${pid}/${file}`, 'utf8')).not.toContain(password);
  });

  test('others find a running engine, and none after it has stopped', async () => {
    const engine = await start();
    const { url, username, password } = engine;
    expect(await findEmbeddedClickHouse(dataDir)).toEqual({ url, username, password });
    await engine.stop();
    expect(await findEmbeddedClickHouse(dataDir)).toBeUndefined();
  });

  test('stop lets a statement end, and kills one that does not', async () => {
    const engine = await start({ stopGraceMs: 4_000 });
    const client = connect(engine);
    // Long enough to be seen beside one that takes both processors, and far shorter than the grace.
    const slow = rows(client, 'SELECT sleep(1.5) AS slept');
    const killed = rows(client, endless).catch((error: unknown) => error);
    await eventually('both run', async () => {
      const [row] = await rows(client, 'SELECT count() AS n FROM system.processes');
      return (row as { n: number }).n === 3;
    });
    const stopped = engine.stop();
    expect(await slow).toEqual([{ slept: 0 }]);
    expect(await killed).toMatchObject({ code: '394' });
    await stopped;
    expect(await hasEnded(engine.pid!)).toBe(true);
  });

  test('while it stops, it refuses pings and statements: clients look for the next engine', async () => {
    const engine = await start({ stopGraceMs: 20_000 });
    const client = connect(engine);
    const statusOfAll = async (paths: string[]): Promise<number[]> => {
      // One connection: a new one is refused by then.
      await using pool = poolOfOne();
      return await Promise.all(paths.map((path) => statusOf(engine, path, pool.agent)));
    };
    // It does not end before all are answered.
    const busy = rows(client, endless).catch((error: unknown) => error);
    const answers = statusOfAll(['/?query=SELECT+sleep(2.9)', '/ping', '/?query=SELECT+1', '/']);
    await eventually('both run', async () => {
      const [row] = await rows(client, 'SELECT count() AS n FROM system.processes');
      return (row as { n: number }).n === 3;
    });
    const stopped = engine.stop();
    expect(await answers).toEqual([200, 503, 500, 503]);
    process.kill(engine.pid!, 'SIGKILL');
    await busy;
    await stopped;
  });

  test('does not keep a process running that has nothing more to do', async () => {
    const script = `const { startEmbeddedClickHouse } = await import(${JSON.stringify(new URL('index.js', built))});
      await startEmbeddedClickHouse({ dataDir: ${JSON.stringify(dataDir)} });`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    opened.push({ close: async () => void owner.kill('SIGKILL') });
    expect(await once(owner, 'exit')).toEqual([0, null]);
  });

  test('a disk that is full while rows arrive is not taken for a fault of the rows', async () => {
    const entry = join(dataDir, 'child.mjs');
    // Linux's device that is always full.
    await writeFile(
      entry,
      `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const real = fs.createWriteStream;
      fs.createWriteStream = () => real('/dev/full', { flags: 'w' });
      syncBuiltinESMExports();
      await import(${JSON.stringify(new URL('child.js', built))});`,
    );
    const client = connect(await start({ entry }));
    await client.command({ query: 'CREATE TABLE kept (x UInt8) ENGINE = MergeTree ORDER BY x' });
    await expect(
      client.insert({ table: 'kept', values: [{ x: 1 }], format: 'JSONEachRow' }),
    ).rejects.toMatchObject({ code: '243', type: 'NOT_ENOUGH_SPACE' });
  });

  test.each([
    ['its folder', (): Promise<unknown> => start()],
    ['its port', async (port: number): Promise<unknown> => listenOn(port)],
  ])('is given up when another process has taken %s while it was down', async (_, take) => {
    let taken: Promise<unknown> | undefined;
    const again = await waitsAfterFirstStart();
    const engine = await start({
      entry: again.entry,
      // The other one is first, however long it takes.
      onExit: () => void (taken = take(Number(new URL(engine.url).port)).finally(() => again.allow())),
    });
    expect(engine.recovers).toBe(true);
    process.kill(engine.pid!, 'SIGKILL');
    await eventually('it is given up', async () => !engine.recovers);
    await taken;
    expect(engine.isRunning).toBe(false);
    await engine.stop();
  });

  test('kill -9 of its parent: it ends, and the next start waits for that', async () => {
    const { owner, enginePid } = await startOwner();
    await expect(start()).rejects.toThrow(`process ${owner.pid}`);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const engine = await start();
    await eventually('the old one has ended', () => hasEnded(enginePid));
    expect(await rows(connect(engine), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('the lock of a process that has ended, its number taken by another, is no obstacle', async () => {
    await writeFile(join(dataDir, 'engine.lock'), `${process.pid} of another time\n1 of another time\n`);
    await expect(start()).resolves.toBeDefined();
  });

  test('a process of another container, which takes the owner for dead, leaves a living engine alone', async () => {
    const engine = await start();
    const client = connect(engine);
    await client.command({ query: 'CREATE TABLE kept (x UInt8) ENGINE = MergeTree ORDER BY x' });
    // No number of the owner means anything there.
    await writeFile(join(dataDir, 'engine.lock'), '4194303\n4194302\nanother-container\n');
    const rowsOnTheirWay = join(dataDir, 'spool', 'rows');
    await writeFile(rowsOnTheirWay, '{"x":1}');
    const { url, username, password } = engine;
    await expect(startEmbeddedClickHouse({ dataDir })).rejects.toMatchObject({
      name: 'AlreadyRunningError',
      message: expect.stringContaining('of another-container'),
    });
    expect(await readFile(rowsOnTheirWay, 'utf8')).toBe('{"x":1}');
    expect(await findEmbeddedClickHouse(dataDir)).toEqual({ url, username, password });
    await client.insert({ table: 'kept', values: [{ x: 1 }], format: 'JSONEachRow' });
    expect(await rows(client, 'SELECT x FROM kept')).toEqual([{ x: 1 }]);
  });

  test('kill -9 in the middle of inserts: it runs again, and has every acknowledged row once', async () => {
    const exits: string[] = [];
    const logged: string[] = [];
    const engine = await start({
      onExit: ({ how }) => exits.push(how),
      log: (_, event) => logged.push(event),
    });
    const client = connect(engine);
    await client.command({
      query: 'CREATE TABLE kept (batch UInt32, x UInt32) ENGINE = ReplacingMergeTree ORDER BY (batch, x)',
    });
    const batchRows = 1_000;
    const acknowledged: number[] = [];
    const failed: number[] = [];
    let next = 0;
    const insert = (batch: number): Promise<unknown> =>
      client.insert({
        table: 'kept',
        values: Array.from({ length: batchRows }, (_, x) => ({ batch, x })),
        format: 'JSONEachRow',
      });
    for (let kill = 1; kill <= 2; kill++) {
      const until = acknowledged.length + 20;
      const workers = Array.from({ length: 4 }, async () => {
        while (exits.length < kill) {
          const batch = next++;
          await insert(batch).then(
            () => acknowledged.push(batch),
            () => failed.push(batch),
          );
        }
      });
      await eventually('inserts are acknowledged', async () => acknowledged.length >= until);
      process.kill(engine.pid!, 'SIGKILL');
      await Promise.all(workers);
      // The process answers a moment before its supervisor has heard that it does.
      await eventually(
        'it runs again',
        async () => engine.isRunning && (await client.ping({ select: true })).success,
      );
    }
    expect(exits).toEqual(['SIGKILL', 'SIGKILL']);
    expect(logged).toContain('embedded clickhouse runs again');
    const counts = (await rows(client, 'SELECT batch, count() AS n FROM kept GROUP BY batch')) as {
      batch: number;
      n: number;
    }[];
    const byBatch = new Map(counts.map(({ batch, n }) => [batch, n]));
    // A batch is there as a whole or not at all, an acknowledged one always, each row once.
    for (const batch of acknowledged) expect([batch, byBatch.get(batch)]).toEqual([batch, batchRows]);
    for (const batch of failed) expect([0, batchRows]).toContain(byBatch.get(batch) ?? 0);
    // What was not acknowledged is sent again, as the drain does: no row is there twice.
    for (const batch of failed) await insert(batch);
    const all = acknowledged.length + failed.length;
    expect(await rows(client, 'SELECT count() AS n, uniqExact(batch) AS batches FROM kept FINAL')).toEqual([
      { n: all * batchRows, batches: all },
    ]);
  });
});
