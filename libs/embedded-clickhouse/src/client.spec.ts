import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { eventually } from './eventually.js';
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from './index.js';

const connections = 8;
const endless = 'SELECT count() FROM numbers_mt(100000000000) WHERE sipHash64(number) = 1';

let dataDir: string;
let engine: EmbeddedClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'));
  engine = await startEmbeddedClickHouse({
    dataDir,
    connections,
    maxQueued: 4,
    maxServerMemoryBytes: 1024 ** 3,
    maxQueryMemoryBytes: 200 * 1024 ** 2,
    maxStatementBytes: 1024 ** 2,
    maxBodyBytes: 32 * 1024 ** 2,
    maxResultBytes: 1024 ** 2,
  });
  client = connect();
});

afterAll(async () => {
  await client.close();
  await engine.stop();
  await rm(dataDir, { recursive: true });
});

function connect(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
  const { url, username, password } = engine;
  return createClient({
    url,
    username,
    password,
    log: { level: 127 },
    max_open_connections: 50,
    clickhouse_settings: {},
    ...options,
  });
}

async function rows(query: string, options: object = {}): Promise<unknown[]> {
  const result = await client.query({ query, format: 'JSONEachRow', ...options });
  return result.json();
}

async function freshTable(columns: string, engineClause = 'MergeTree ORDER BY tuple()'): Promise<string> {
  const table = `t_${randomUUID().replaceAll('-', '')}`;
  await client.command({ query: `CREATE TABLE ${table} (${columns}) ENGINE = ${engineClause}` });
  return table;
}

/** What the engine runs at the moment, this question not counted. */
async function running(): Promise<number> {
  const [row] = await rows(
    "SELECT count() AS n FROM system.processes WHERE query NOT LIKE '%system.processes%'",
  );
  return (row as { n: number }).n;
}

function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const credentials = Buffer.from(`${engine.username}:${engine.password}`).toString('base64');
  return fetch(`${engine.url}${path}`, { headers: { authorization: `Basic ${credentials}` }, ...init });
}

describe('access', () => {
  test('refuses a wrong password', async () => {
    await using stranger = connect({ password: 'guess' });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '516',
      type: 'AUTHENTICATION_FAILED',
    });
  });

  test('refuses a statement without credentials', async () => {
    const response = await fetch(`${engine.url}/?query=SELECT+1`);
    expect(response.status).toBe(403);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('516');
    expect(await response.text()).toMatch(
      /^Code: 516\. DB::Exception: .* \(AUTHENTICATION_FAILED\) \(version /,
    );
  });

  test('answers a ping without credentials, as a ClickHouse server does', async () => {
    const response = await fetch(`${engine.url}/ping`);
    expect(await response.text()).toBe('Ok.\n');
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test('refuses a second owner of the folder, and names the first', async () => {
    await expect(startEmbeddedClickHouse({ dataDir })).rejects.toThrow(`process ${process.pid}`);
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
    await expect(client.command({ query })).rejects.toMatchObject({ code, type });
    const response = await raw('/', { method: 'POST', body: query });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`(${type}) (version 26.`);
  });

  test('does not run what stands behind a semicolon', async () => {
    const table = await freshTable('x UInt8');
    await expect(client.command({ query: `SELECT 1; DROP TABLE ${table}` })).rejects.toThrow(
      'Multi-statements',
    );
    expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('reports a statement that fails after its first rows', async () => {
    const query = 'SELECT throwIf(number = 900000) AS failed, number FROM numbers(1000000)';
    const result = await client.query({ query, format: 'JSONEachRow' });
    let seen = 0;
    const read = async (): Promise<void> => {
      for await (const some of result.stream()) seen += some.length;
    };
    await expect(read()).rejects.toMatchObject({ code: '395' });
    expect(seen).toBeGreaterThan(0);
  });

  test('refuses a result that is kept in memory and larger than allowed', async () => {
    const query = 'SELECT number FROM numbers(1000000)';
    await expect(client.query({ query, format: 'JSON' })).rejects.toMatchObject({ code: '396' });
  });

  test('refuses rows beyond the limit of a body, and inserts none of them', async () => {
    const table = await freshTable('text String');
    const values = Array.from({ length: 40 }, () => ({ text: 'x'.repeat(1024 ** 2) }));
    await expect(client.insert({ table, values, format: 'JSONEachRow' })).rejects.toThrow();
    expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('inserts nothing of a body that breaks off', async () => {
    const table = await freshTable('x UInt64');
    const query = encodeURIComponent(`INSERT INTO ${table} FORMAT JSONEachRow`);
    const insert = request(`${engine.url}/?query=${query}`, {
      method: 'POST',
      auth: `${engine.username}:${engine.password}`,
    });
    insert.once('error', () => undefined);
    const spooled = async (): Promise<number> => (await readdir(join(dataDir, 'spool'))).length;
    insert.write('{"x":1}\n'.repeat(200_000));
    await eventually('the rows arrive', async () => (await spooled()) === 1);
    insert.destroy();
    await eventually('they are removed', async () => (await spooled()) === 0);
    expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });
});

describe('parameters', () => {
  const text = `it's \\ "quoted"\n\t\r\0{a:UInt8} /* */ 🐦`;
  test.each([
    ['UInt8', 255],
    ['Int64', -9007199254740991],
    ['Float64', 1.5e300],
    ['Bool', true],
    ['String', text],
    ['String', ''],
    ['LowCardinality(String)', text],
    ['Nullable(String)', null],
    ['Array(String)', ['a', '', text]],
    ['Array(Nullable(Int32))', [1, null]],
    ['Array(Array(UInt8))', [[1, 2], []]],
    ['Map(String, String)', { 'a.b': text, c: '' }],
    ['UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
    ['Date', '2024-02-29'],
    ["DateTime64(3, 'UTC')", '2024-02-29 23:59:59.999'],
    ['Decimal(18, 4)', 12.3456],
    ["Enum8('a' = 1, 'b' = 2)", 'b'],
  ])('%s', async (type, value) => {
    const [row] = await rows(`SELECT {value:${type}} AS value`, { query_params: { value } });
    expect(row).toEqual({ value });
  });

  test('a date keeps its milliseconds', async () => {
    const query = "SELECT {at:DateTime64(3, 'UTC')} AS at";
    const query_params = { at: new Date('2024-02-29T23:59:59.999Z') };
    expect(await rows(query, { query_params })).toEqual([{ at: '2024-02-29 23:59:59.999' }]);
  });

  test('an identifier', async () => {
    const table = await freshTable('x UInt8');
    const query = 'SELECT count() AS n FROM {table:Identifier}';
    expect(await rows(query, { query_params: { table } })).toEqual([{ n: 0 }]);
  });

  test('stay values in rows of an INSERT … VALUES', async () => {
    const table = await freshTable('text String');
    const query_params = { text: "'); DROP TABLE x; --" };
    await client.command({ query: `INSERT INTO ${table} VALUES ({text:String})`, query_params });
    expect(await rows(`SELECT text FROM ${table}`)).toEqual([query_params]);
  });

  test('longer than a statement may be', async () => {
    const list = Array.from({ length: 60_000 }, (_, index) => `value ${index}`);
    const [row] = await rows('SELECT length({list:Array(String)}) AS n', {
      query_params: { list },
      use_multipart_params: true,
    });
    expect(row).toEqual({ n: list.length });
  });

  test('of many statements at once do not mix', async () => {
    const ask = async (number: number): Promise<unknown> => {
      const query_params = { number, text: `text ${number}` };
      const [row] = await rows('SELECT {number:UInt32} AS number, {text:String} AS text', { query_params });
      return row;
    };
    const numbers = Array.from({ length: 10 }, (_, index) => index);
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(numbers.map(ask));
      expect(answers).toEqual(numbers.map((number) => ({ number, text: `text ${number}` })));
    }
  });
});

describe('settings and sessions', () => {
  const query = "SELECT getSetting('max_block_size') AS size, getSetting('readonly') AS readonly";

  test('refuses a session', async () => {
    await expect(client.query({ query, session_id: 'mine' })).rejects.toMatchObject({ code: '48' });
  });

  test('refuses an unknown setting, and one that is no name', async () => {
    for (const name of ['nothing', 'max_threads = 1, max_block_size'])
      await expect(rows(query, { clickhouse_settings: { [name]: 1 } })).rejects.toMatchObject({
        code: '115',
      });
  });

  test('apply to their statement only', async () => {
    const [before] = await rows(query);
    const clickhouse_settings = { max_block_size: '777', readonly: '1' };
    expect(await rows(query, { clickhouse_settings })).toEqual([{ size: 777, readonly: 1 }]);
    await client.command({ query: 'SET max_block_size = 778' });
    await rows('SELECT 1 SETTINGS max_block_size = 779');
    for (let round = 0; round < 2 * connections; round++) expect(await rows(query)).toEqual([before]);
  });

  test('a deduplication token of one insert says nothing about the next', async () => {
    const table = await freshTable(
      'x UInt8',
      'MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 100',
    );
    for (const [index, token] of ['A', '', '', 'B', ''].entries()) {
      await client.insert({
        table,
        values: [{ x: 2 * index }, { x: 2 * index + 1 }],
        format: 'JSONEachRow',
        ...(token && { clickhouse_settings: { insert_deduplication_token: token } }),
      });
      expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 2 * (index + 1) }]);
    }
  });

  test('a GET changes nothing', async () => {
    const table = await freshTable('x UInt8');
    const response = await raw(`/?query=${encodeURIComponent(`DROP TABLE ${table}`)}`);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('164');
    expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('the database of a client', async () => {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS `other one`' });
    await using other = connect({ database: 'other one' });
    const result = await other.query({ query: 'SELECT currentDatabase() AS name', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ name: 'other one' }]);
    expect(await rows('SELECT currentDatabase() AS name')).toEqual([{ name: 'default' }]);
  });

  test('a temporary table ends with its statement', async () => {
    await client.command({ query: 'CREATE TEMPORARY TABLE brief (x UInt8)' });
    await expect(rows('SELECT * FROM brief')).rejects.toMatchObject({ code: '60' });
  });
});

describe('inserts', () => {
  test('every format brings every row as it is', async () => {
    const table = await freshTable('format String, text String');
    const text = 'two blanks and a line break at the end  \n';
    const values = [{ format: 'JSONEachRow', text }];
    await client.insert({ table, values, format: 'JSONEachRow' });
    await client.insert({ table, values: [['JSONCompactEachRow', text]], format: 'JSONCompactEachRow' });
    const file = (format: string, content: string | Buffer): Promise<unknown> =>
      client.insert({
        table,
        values: Readable.from([content], { objectMode: false }),
        format: format as 'CSV',
      });
    await file('CSV', `CSV,"${text}"\n`);
    await file('TabSeparated', 'TabSeparated\ttwo blanks and a line break at the end  \\n');
    await file('TabSeparated', 'no text\t\n');
    await file('CSVWithNames', `text,format\n"${text}",CSVWithNames\n`);
    const binary = Buffer.concat(
      ['RowBinary', text].flatMap((one) => [Buffer.from([one.length]), Buffer.from(one)]),
    );
    const { stream, summary } = await client.exec({
      query: `INSERT INTO ${table} FORMAT RowBinary`,
      values: Readable.from([binary], { objectMode: false }),
    });
    await buffer(stream);
    expect(summary).toMatchObject({ written_rows: '1' });
    const names = ['CSV', 'CSVWithNames', 'JSONCompactEachRow', 'JSONEachRow', 'RowBinary', 'TabSeparated'];
    expect(await rows(`SELECT * FROM ${table} ORDER BY format`)).toEqual([
      ...names.map((format) => ({ format, text })),
      { format: 'no text', text: '' },
    ]);
  });

  test('a Parquet file goes out and in again', async () => {
    const table = await freshTable('number UInt64, text String');
    const { stream } = await client.exec({
      query: 'SELECT number, toString(number) AS text FROM numbers(100000) FORMAT Parquet',
    });
    const file = await buffer(stream);
    expect(file.subarray(0, 4).toString()).toBe('PAR1');
    await client.insert({ table, values: Readable.from([file], { objectMode: false }), format: 'Parquet' });
    expect(
      await rows(`SELECT count() AS n, sum(number) = sum(toUInt64(text)) AS same FROM ${table}`),
    ).toEqual([{ n: 100_000, same: 1 }]);
  });

  test('a compressed stream of rows, larger than a statement may be', async () => {
    await using compressing = connect({ compression: { request: true, response: true } });
    const table = await freshTable('x UInt64, text String');
    const values = Readable.from(
      (function* () {
        for (let x = 0; x < 10_000; x++) yield { x, text: `text of ${x} `.repeat(20) };
      })(),
    );
    const { summary } = await compressing.insert({ table, values, format: 'JSONEachRow' });
    expect(summary).toMatchObject({ written_rows: '10000' });
    expect(await rows(`SELECT uniqExact(x) AS n FROM ${table}`)).toEqual([{ n: 10_000 }]);
  });

  test.each([
    ['columns', { columns: ['x'] as [string] }],
    ['all columns except one', { columns: { except: ['y'] as [string] } }],
    ['settings', { clickhouse_settings: { input_format_skip_unknown_fields: 1 as const } }],
  ])('with %s', async (_, options) => {
    const table = await freshTable('x UInt8, y UInt8 DEFAULT 7');
    await client.insert({ table, values: [{ x: 1 }], format: 'JSONEachRow', ...options });
    expect(await rows(`SELECT * FROM ${table}`)).toEqual([{ x: 1, y: 7 }]);
  });

  test('of a SELECT report what they wrote', async () => {
    const table = await freshTable('x UInt64');
    const query = `INSERT INTO ${table} SELECT number FROM numbers(1000)`;
    expect((await client.command({ query })).summary).toMatchObject({ written_rows: '1000' });
  });

  test('a row that does not fit leaves the others out too', async () => {
    const table = await freshTable('x UInt8');
    const values = [{ x: 1 }, { x: 'not a number' }];
    await expect(client.insert({ table, values, format: 'JSONEachRow' })).rejects.toMatchObject({
      code: '27',
    });
    expect(await rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });
});

describe('results', () => {
  const query = 'SELECT number, toString(number) AS text FROM numbers(3)';
  test.each([
    ['JSON', '"rows": 3'],
    ['JSONCompact', '[2, "2"]'],
    ['JSONEachRow', '{"number":2,"text":"2"}'],
    ['JSONCompactEachRow', '[2, "2"]'],
    ['JSONCompactEachRowWithNamesAndTypes', '["number", "text"]\n["UInt64", "String"]\n'],
    ['JSONStringsEachRow', '{"number":"2","text":"2"}'],
    ['JSONObjectEachRow', '"row_3": {"number":2,"text":"2"}'],
    ['CSV', '0,"0"\n1,"1"\n2,"2"\n'],
    ['CSVWithNames', '"number","text"\n0,"0"\n1,"1"\n2,"2"\n'],
    ['TabSeparated', '0\t0\n1\t1\n2\t2\n'],
    ['TabSeparatedWithNamesAndTypes', 'number\ttext\nUInt64\tString\n0\t0\n1\t1\n2\t2\n'],
  ] as const)('%s', async (format, part) => {
    const text = await (await client.query({ query, format })).text();
    expect(text).toContain(part);
    await using compressing = connect({ compression: { response: true } });
    const result = await compressing.query({ query, format });
    expect((await result.text()).replace(/"elapsed":.*/, '')).toBe(text.replace(/"elapsed":.*/, ''));
    expect(result.response_headers).toMatchObject({
      'content-encoding': 'gzip',
      'x-clickhouse-format': format,
    });
  });

  test('a large one comes in pieces, each row once', async () => {
    const result = await client.query({
      query: 'SELECT number FROM numbers(1000000)',
      format: 'JSONEachRow',
    });
    let sum = 0;
    let count = 0;
    for await (const some of result.stream<{ number: number }>())
      for (const row of some) {
        sum += row.json().number;
        count += 1;
      }
    expect({ count, sum }).toEqual({ count: 1_000_000, sum: (999_999 * 1_000_000) / 2 });
  });

  test('a large one with a head has one head', async () => {
    const result = await client.query({
      query: 'SELECT number FROM numbers(300000)',
      format: 'CSVWithNames',
    });
    expect((await result.text()).match(/number/g)).toHaveLength(1);
  });

  test('has the counters of its statement when the client waits for its end', async () => {
    const result = await client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { wait_end_of_query: 1 },
    });
    await result.text();
    expect(JSON.parse(String(result.response_headers['x-clickhouse-summary']))).toMatchObject({
      read_rows: '3',
    });
  });

  test('spills to disk what does not fit into memory', async () => {
    const spilling =
      'SELECT count() AS n FROM (SELECT number AS key, count() FROM numbers(5000000) GROUP BY key SETTINGS max_bytes_before_external_group_by = 20000000)';
    expect(await rows(spilling)).toEqual([{ n: 5_000_000 }]);
  });
});

describe('statements at once', () => {
  test('so many run, some wait, the next is refused', async () => {
    const hangUp = new AbortController();
    const all = Array.from({ length: connections + 4 }, () =>
      client.query({ query: endless, abort_signal: hangUp.signal }).catch((error: unknown) => error),
    );
    const refused = await eventually('the queue is full', () =>
      client.query({ query: 'SELECT 1' }).then(
        () => undefined,
        (error: { code?: string }) => error,
      ),
    );
    expect(refused).toMatchObject({ code: '202', type: 'TOO_MANY_SIMULTANEOUS_QUERIES' });
    hangUp.abort();
    await Promise.all(all);
    await eventually('the engine is free', async () => (await running()) === 0);
  });

  test('a client that hangs up ends its statement, also in the middle of a result', async () => {
    const hangUp = new AbortController();
    const result = await client.query({
      query: 'SELECT number FROM numbers(100000000000)',
      format: 'JSONEachRow',
      abort_signal: hangUp.signal,
    });
    for await (const some of result.stream()) {
      expect(some.length).toBeGreaterThan(0);
      break;
    }
    hangUp.abort();
    await eventually('the engine is free', async () => (await running()) === 0);
  });

  test('KILL QUERY ends the statement with the id, and no other', async () => {
    const query_id = `it's /* mine */ ${randomUUID()}`;
    const killed = client.query({ query: endless, query_id }).catch((error: unknown) => error);
    const hangUp = new AbortController();
    const other = client
      .query({ query: endless, abort_signal: hangUp.signal })
      .catch((error: unknown) => error);
    await eventually('both run', async () => (await running()) === 2);
    await client.command({
      query: 'KILL QUERY WHERE query_id = {id:String} SYNC',
      query_params: { id: query_id },
    });
    expect(await killed).toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' });
    expect(await running()).toBe(1);
    hangUp.abort();
    await other;
    await eventually('the engine is free', async () => (await running()) === 0);
  });

  test('refuses a second statement with the id of one that runs', async () => {
    const hangUp = new AbortController();
    const query_id = randomUUID();
    const first = client
      .query({ query: endless, query_id, abort_signal: hangUp.signal })
      .catch(() => undefined);
    await eventually('it runs', async () => (await running()) === 1);
    await expect(client.query({ query: 'SELECT 1', query_id })).rejects.toMatchObject({ code: '216' });
    hangUp.abort();
    await first;
    await eventually('the engine is free', async () => (await running()) === 0);
  });
});
