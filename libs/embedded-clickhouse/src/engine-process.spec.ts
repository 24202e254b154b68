import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from './index.js';

let dataDir: string;
let engine: EmbeddedClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'));
  engine = await startEmbeddedClickHouse({ dataDir });
  client = connect();
});

afterAll(async () => {
  await client.close();
  await engine.stop();
  await rm(dataDir, { recursive: true });
});

function connect(options: { password?: string } = {}): ClickHouseClient {
  const { url, username, password } = engine;
  return createClient({ url, username, password, log: { level: 127 }, ...options });
}

async function rows(query: string, options: object = {}): Promise<unknown[]> {
  const result = await client.query({ query, format: 'JSONEachRow', ...options });
  return result.json();
}

describe('the engine behind the official client', () => {
  test('refuses a wrong password', async () => {
    await using stranger = connect({ password: 'guess' });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '516',
      type: 'AUTHENTICATION_FAILED',
    });
  });

  test('refuses a second owner of the folder, and names the first', async () => {
    await expect(startEmbeddedClickHouse({ dataDir })).rejects.toThrow(`process ${process.pid}`);
  });

  test('refuses a second statement behind a semicolon', async () => {
    await client.command({ query: 'CREATE TABLE kept (x UInt8) ENGINE = Memory' });
    await expect(client.command({ query: 'SELECT 1; DROP TABLE kept' })).rejects.toMatchObject({
      code: '62',
    });
    expect(await rows('SELECT count() AS n FROM kept')).toEqual([{ n: 0 }]);
  });

  test('binds parameters of every type', async () => {
    const text = `it's \\ "quoted"\n\t\r🐦`;
    const query_params = { n: 5, text, list: ['a', text], map: { k: text }, none: null };
    expect(
      await rows(
        'SELECT {n:UInt8} AS n, {text:String} AS text, {list:Array(String)} AS list, {map:Map(String,String)} AS map, {none:Nullable(String)} AS none',
        { query_params },
      ),
    ).toEqual([query_params]);
  });

  test('applies settings to their statement only', async () => {
    const query = "SELECT getSetting('max_block_size') AS size";
    expect(await rows(query, { clickhouse_settings: { max_block_size: '777' } })).toEqual([{ size: 777 }]);
    expect(await rows(query)).not.toEqual([{ size: 777 }]);
  });

  test('ends a statement whose client has hung up', async () => {
    const hangUp = new AbortController();
    const slow = client.query({
      query: 'SELECT count() FROM numbers_mt(100000000000) WHERE sipHash64(number) = 1',
      abort_signal: hangUp.signal,
    });
    const running = (): Promise<unknown[]> =>
      rows(
        "SELECT 1 AS one FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%LIKE%'",
      );
    const until = async (count: number): Promise<void> => {
      while ((await running()).length !== count);
    };
    const refused = expect(slow).rejects.toThrow('aborted');
    await until(1);
    hangUp.abort();
    await refused;
    await until(0);
  });
});
