import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './eventually.js';
import { startEmbeddedClickHouse } from './index.js';
import { connections, maxQueued, openEngine, type SpecEngine } from './spec-engine.js';

const endless = 'SELECT count() FROM numbers_mt(100000000000) WHERE sipHash64(number) = 1';

let engine: SpecEngine;

beforeAll(async () => {
  engine = await openEngine();
});

afterAll(() => engine.close());

function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const { url, username, password } = engine.access;
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return fetch(`${url}${path}`, { headers: { authorization: `Basic ${credentials}` }, ...init });
}

describe('access', () => {
  test('refuses a wrong password', async () => {
    await using stranger = engine.connect({ password: 'guess' });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '516',
      type: 'AUTHENTICATION_FAILED',
    });
  });

  test('refuses a statement without credentials', async () => {
    const response = await fetch(`${engine.access.url}/?query=SELECT+1`);
    expect(response.status).toBe(403);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('516');
    expect(await response.text()).toMatch(
      /^Code: 516\. DB::Exception: .* \(AUTHENTICATION_FAILED\) \(version /,
    );
  });

  test('answers a ping without credentials, as a ClickHouse server does', async () => {
    const response = await fetch(`${engine.access.url}/ping`);
    expect(await response.text()).toBe('Ok.\n');
    expect(await engine.client.ping({ select: true })).toEqual({ success: true });
  });

  test('refuses a second owner of the folder, and names the first', async () => {
    await expect(startEmbeddedClickHouse({ dataDir: engine.dataDir })).rejects.toThrow(
      `process ${process.pid}`,
    );
  });
});

describe('errors', () => {
  test.each([
    ['a syntax error', 'SELEC 1', '62', 'SYNTAX_ERROR', 400],
    ['an unknown table', 'SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE', 404],
    ['an unknown column', 'SELECT nothing', '47', 'UNKNOWN_IDENTIFIER', 404],
    ['an unset parameter', 'SELECT {a:UInt8}', '456', 'UNKNOWN_QUERY_PARAMETER', 500],
    ['a failed cast', "SELECT toUInt8('x')", '6', 'CANNOT_PARSE_TEXT', 400],
    ['a second statement', 'SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR', 400],
    ['no statement', '/* nothing */', '62', 'SYNTAX_ERROR', 400],
    ['a file as the target', "SELECT 1 INTO OUTFILE '/tmp/x'", '36', 'BAD_ARGUMENTS', 400],
    ['a file as the source', "INSERT INTO t FROM INFILE '/tmp/x' FORMAT CSV", '36', 'BAD_ARGUMENTS', 400],
    [
      'the function input',
      "INSERT INTO t SELECT * FROM input('x UInt8') FORMAT CSV",
      '48',
      'NOT_IMPLEMENTED',
      501,
    ],
    ['a setting that does not exist', 'SELECT 1 SETTINGS nothing = 1', '115', 'UNKNOWN_SETTING', 404],
    [
      'too much memory',
      'SELECT groupArray(number) FROM numbers(100000000)',
      '241',
      'MEMORY_LIMIT_EXCEEDED',
      500,
    ],
    ['a time limit', `${endless} SETTINGS max_execution_time = 0.1`, '159', 'TIMEOUT_EXCEEDED', 408],
  ])('%s', async (_, query, code, type, status) => {
    await expect(engine.client.command({ query })).rejects.toMatchObject({ code, type });
    const response = await raw('/', { method: 'POST', body: query });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`(${type}) (version 26.`);
  });

  test('does not run what stands behind a semicolon', async () => {
    const table = await engine.freshTable('x UInt8');
    await expect(engine.client.command({ query: `SELECT 1; DROP TABLE ${table}` })).rejects.toThrow(
      'Multi-statements',
    );
    expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('reports a statement that fails after its first rows', async () => {
    const query = 'SELECT throwIf(number = 900000) AS failed, number FROM numbers(1000000)';
    const result = await engine.client.query({ query, format: 'JSONEachRow' });
    let seen = 0;
    const read = async (): Promise<void> => {
      for await (const some of result.stream()) seen += some.length;
    };
    await expect(read()).rejects.toMatchObject({ code: '395' });
    expect(seen).toBeGreaterThan(0);
  });

  test('refuses a result that is kept in memory and larger than allowed', async () => {
    const query = 'SELECT number FROM numbers(1000000)';
    await expect(engine.client.query({ query, format: 'JSON' })).rejects.toMatchObject({ code: '396' });
  });

  test('refuses rows beyond the limit of a body, and inserts none of them', async () => {
    const table = await engine.freshTable('text String');
    const values = Array.from({ length: 40 }, () => ({ text: 'x'.repeat(1024 ** 2) }));
    await expect(engine.client.insert({ table, values, format: 'JSONEachRow' })).rejects.toThrow();
    expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('refuses a statement beyond its limit with the code of a server', async () => {
    const query = `SELECT '${'x'.repeat(1024 ** 2)}'`;
    await expect(engine.client.command({ query })).rejects.toMatchObject({
      code: '229',
      type: 'QUERY_IS_TOO_LARGE',
    });
    expect((await raw('/', { method: 'POST', body: query })).status).toBe(413);
  });

  test('inserts nothing of a body that breaks off', async () => {
    const table = await engine.freshTable('x UInt64');
    const query = encodeURIComponent(`INSERT INTO ${table} FORMAT JSONEachRow`);
    const insert = request(`${engine.access.url}/?query=${query}`, {
      method: 'POST',
      auth: `${engine.access.username}:${engine.access.password}`,
    });
    insert.once('error', () => undefined);
    const spooled = async (): Promise<number> => (await readdir(join(engine.dataDir, 'spool'))).length;
    insert.write('{"x":1}\n'.repeat(200_000));
    await eventually('the rows arrive', async () => (await spooled()) === 1);
    insert.destroy();
    await eventually('they are removed', async () => (await spooled()) === 0);
    expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });
});

describe('statements at once', () => {
  test('so many run, some wait, the next is refused', async () => {
    const hangUp = new AbortController();
    // They arrive in any order: which one is refused is open.
    const all = Array.from({ length: connections + maxQueued + 1 }, () =>
      engine.client.query({ query: endless, abort_signal: hangUp.signal }).catch((error: unknown) => error),
    );
    expect(await Promise.race(all)).toMatchObject({ code: '202', type: 'TOO_MANY_SIMULTANEOUS_QUERIES' });
    hangUp.abort();
    const codes = (await Promise.all(all)).map((error) => (error as { code?: string }).code);
    expect(codes.filter((code) => code === '202')).toHaveLength(1);
    await eventually('the engine is free', async () => (await engine.running()) === 0);
  });

  test('a client that hangs up ends its statement, also in the middle of a result', async () => {
    const hangUp = new AbortController();
    const result = await engine.client.query({
      query: 'SELECT number FROM numbers(100000000000)',
      format: 'JSONEachRow',
      abort_signal: hangUp.signal,
    });
    for await (const some of result.stream()) {
      expect(some.length).toBeGreaterThan(0);
      break;
    }
    hangUp.abort();
    await eventually('the engine is free', async () => (await engine.running()) === 0);
  });

  test('KILL QUERY ends the statement with the id, and no other', async () => {
    const query_id = `it's /* mine */ ${randomUUID()}`;
    const killed = engine.client.query({ query: endless, query_id }).catch((error: unknown) => error);
    const hangUp = new AbortController();
    const other = engine.client
      .query({ query: endless, abort_signal: hangUp.signal })
      .catch((error: unknown) => error);
    await eventually('both run', async () => (await engine.running()) === 2);
    await engine.client.command({
      query: 'KILL QUERY WHERE query_id = {id:String} SYNC',
      query_params: { id: query_id },
    });
    expect(await killed).toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' });
    expect(await engine.running()).toBe(1);
    hangUp.abort();
    await other;
    await eventually('the engine is free', async () => (await engine.running()) === 0);
  });

  test('refuses a second statement with the id of one that runs', async () => {
    const hangUp = new AbortController();
    const query_id = randomUUID();
    const first = engine.client
      .query({ query: endless, query_id, abort_signal: hangUp.signal })
      .catch(() => undefined);
    await eventually('it runs', async () => (await engine.running()) === 1);
    await expect(engine.client.query({ query: 'SELECT 1', query_id })).rejects.toMatchObject({ code: '216' });
    hangUp.abort();
    await first;
    await eventually('the engine is free', async () => (await engine.running()) === 0);
  });
});
