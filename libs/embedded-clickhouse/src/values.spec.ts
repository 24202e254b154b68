import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connections, openEngine, type SpecEngine } from './spec-engine.js';

let engine: SpecEngine;

beforeAll(async () => {
  engine = await openEngine();
});

afterAll(() => engine.close());

/** Sends a GET, which the official client does for pings only. */
function raw(path: string): Promise<Response> {
  const { url, username, password } = engine.access;
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return fetch(`${url}${path}`, { headers: { authorization: `Basic ${credentials}` } });
}

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
    const [row] = await engine.rows(`SELECT {value:${type}} AS value`, { query_params: { value } });
    expect(row).toEqual({ value });
  });

  test('a date keeps its milliseconds', async () => {
    const query = "SELECT {at:DateTime64(3, 'UTC')} AS at";
    const query_params = { at: new Date('2024-02-29T23:59:59.999Z') };
    expect(await engine.rows(query, { query_params })).toEqual([{ at: '2024-02-29 23:59:59.999' }]);
  });

  test('an identifier', async () => {
    const table = await engine.freshTable('x UInt8');
    const query = 'SELECT count() AS n FROM {table:Identifier}';
    expect(await engine.rows(query, { query_params: { table } })).toEqual([{ n: 0 }]);
  });

  test('stay values in rows of an INSERT … VALUES', async () => {
    const table = await engine.freshTable('text String');
    const query_params = { text: "'); DROP TABLE x; --" };
    await engine.client.command({ query: `INSERT INTO ${table} VALUES ({text:String})`, query_params });
    expect(await engine.rows(`SELECT text FROM ${table}`)).toEqual([query_params]);
  });

  test('longer than a statement may be', async () => {
    const list = Array.from({ length: 60_000 }, (_, index) => `value ${index}`);
    const [row] = await engine.rows('SELECT length({list:Array(String)}) AS n', {
      query_params: { list },
      use_multipart_params: true,
    });
    expect(row).toEqual({ n: list.length });
  });

  test('of many statements at once do not mix', async () => {
    const ask = async (number: number): Promise<unknown> => {
      const query_params = { number, text: `text ${number}` };
      const [row] = await engine.rows('SELECT {number:UInt32} AS number, {text:String} AS text', {
        query_params,
      });
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
    await expect(engine.client.query({ query, session_id: 'mine' })).rejects.toMatchObject({ code: '48' });
  });

  test('refuses an unknown setting, and one that is no name', async () => {
    for (const name of ['nothing', 'max_threads = 1, max_block_size'])
      await expect(engine.rows(query, { clickhouse_settings: { [name]: 1 } })).rejects.toMatchObject({
        code: '115',
      });
  });

  test('apply to their statement only', async () => {
    const [before] = await engine.rows(query);
    const clickhouse_settings = { max_block_size: '777', readonly: '1' };
    expect(await engine.rows(query, { clickhouse_settings })).toEqual([{ size: 777, readonly: 1 }]);
    await engine.client.command({ query: 'SET max_block_size = 778' });
    await engine.rows('SELECT 1 SETTINGS max_block_size = 779');
    for (let round = 0; round < 2 * connections; round++) expect(await engine.rows(query)).toEqual([before]);
  });

  test('a deduplication token of one insert says nothing about the next', async () => {
    const table = await engine.freshTable(
      'x UInt8',
      'MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 100',
    );
    for (const [index, token] of ['A', '', '', 'B', ''].entries()) {
      await engine.client.insert({
        table,
        values: [{ x: 2 * index }, { x: 2 * index + 1 }],
        format: 'JSONEachRow',
        ...(token && { clickhouse_settings: { insert_deduplication_token: token } }),
      });
      expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 2 * (index + 1) }]);
    }
  });

  test('a GET changes nothing', async () => {
    const table = await engine.freshTable('x UInt8');
    const response = await raw(`/?query=${encodeURIComponent(`DROP TABLE ${table}`)}`);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('164');
    expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('the database of a client', async () => {
    await engine.client.command({ query: 'CREATE DATABASE IF NOT EXISTS `other one`' });
    await using other = engine.connect({ database: 'other one' });
    const result = await other.query({ query: 'SELECT currentDatabase() AS name', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ name: 'other one' }]);
    expect(await engine.rows('SELECT currentDatabase() AS name')).toEqual([{ name: 'default' }]);
  });

  test('a temporary table ends with its statement', async () => {
    await engine.client.command({ query: 'CREATE TEMPORARY TABLE brief (x UInt8)' });
    await expect(engine.rows('SELECT * FROM brief')).rejects.toMatchObject({ code: '60' });
  });
});

describe('inserts', () => {
  test('every format brings every row as it is', async () => {
    const table = await engine.freshTable('format String, text String');
    const text = 'two blanks and a line break at the end  \n';
    const values = [{ format: 'JSONEachRow', text }];
    await engine.client.insert({ table, values, format: 'JSONEachRow' });
    await engine.client.insert({
      table,
      values: [['JSONCompactEachRow', text]],
      format: 'JSONCompactEachRow',
    });
    const file = (format: string, content: string | Buffer): Promise<unknown> =>
      engine.client.insert({
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
    const { stream, summary } = await engine.client.exec({
      query: `INSERT INTO ${table} FORMAT RowBinary`,
      values: Readable.from([binary], { objectMode: false }),
    });
    await buffer(stream);
    expect(summary).toMatchObject({ written_rows: '1' });
    const names = ['CSV', 'CSVWithNames', 'JSONCompactEachRow', 'JSONEachRow', 'RowBinary', 'TabSeparated'];
    expect(await engine.rows(`SELECT * FROM ${table} ORDER BY format`)).toEqual([
      ...names.map((format) => ({ format, text })),
      { format: 'no text', text: '' },
    ]);
  });

  test('a Parquet file goes out and in again', async () => {
    const table = await engine.freshTable('number UInt64, text String');
    const { stream } = await engine.client.exec({
      query: 'SELECT number, toString(number) AS text FROM numbers(100000) FORMAT Parquet',
    });
    const file = await buffer(stream);
    expect(file.subarray(0, 4).toString()).toBe('PAR1');
    await engine.client.insert({
      table,
      values: Readable.from([file], { objectMode: false }),
      format: 'Parquet',
    });
    expect(
      await engine.rows(`SELECT count() AS n, sum(number) = sum(toUInt64(text)) AS same FROM ${table}`),
    ).toEqual([{ n: 100_000, same: 1 }]);
  });

  test('a compressed stream of rows, larger than a statement may be', async () => {
    await using compressing = engine.connect({ compression: { request: true, response: true } });
    const table = await engine.freshTable('x UInt64, text String');
    const values = Readable.from(
      (function* () {
        for (let x = 0; x < 10_000; x++) yield { x, text: `text of ${x} `.repeat(20) };
      })(),
    );
    const { summary } = await compressing.insert({ table, values, format: 'JSONEachRow' });
    expect(summary).toMatchObject({ written_rows: '10000' });
    expect(await engine.rows(`SELECT uniqExact(x) AS n FROM ${table}`)).toEqual([{ n: 10_000 }]);
  });

  test.each([
    ['columns', { columns: ['x'] as [string] }],
    ['all columns except one', { columns: { except: ['y'] as [string] } }],
    ['settings', { clickhouse_settings: { input_format_skip_unknown_fields: 1 as const } }],
  ])('with %s', async (_, options) => {
    const table = await engine.freshTable('x UInt8, y UInt8 DEFAULT 7');
    await engine.client.insert({ table, values: [{ x: 1 }], format: 'JSONEachRow', ...options });
    expect(await engine.rows(`SELECT * FROM ${table}`)).toEqual([{ x: 1, y: 7 }]);
  });

  test('of a SELECT report what they wrote', async () => {
    const table = await engine.freshTable('x UInt64');
    const query = `INSERT INTO ${table} SELECT number FROM numbers(1000)`;
    expect((await engine.client.command({ query })).summary).toMatchObject({ written_rows: '1000' });
  });

  test('a row that does not fit leaves the others out too', async () => {
    const table = await engine.freshTable('x UInt8');
    const values = [{ x: 1 }, { x: 'not a number' }];
    await expect(engine.client.insert({ table, values, format: 'JSONEachRow' })).rejects.toMatchObject({
      code: '27',
    });
    expect(await engine.rows(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
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
    const text = await (await engine.client.query({ query, format })).text();
    expect(text).toContain(part);
    await using compressing = engine.connect({ compression: { response: true } });
    const result = await compressing.query({ query, format });
    expect((await result.text()).replace(/"elapsed":.*/, '')).toBe(text.replace(/"elapsed":.*/, ''));
    expect(result.response_headers).toMatchObject({
      'content-encoding': 'gzip',
      'x-clickhouse-format': format,
    });
  });

  test('a large one comes in pieces, each row once', async () => {
    const result = await engine.client.query({
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
    const result = await engine.client.query({
      query: 'SELECT number FROM numbers(300000)',
      format: 'CSVWithNames',
    });
    expect((await result.text()).match(/number/g)).toHaveLength(1);
  });

  test('has the counters of its statement when the client waits for its end', async () => {
    const result = await engine.client.query({
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
    expect(await engine.rows(spilling)).toEqual([{ n: 5_000_000 }]);
  });
});
