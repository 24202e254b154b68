import { describe, expect, test } from '@jest/globals';
import { analyse } from './statement.js';
import { killStatement, tagOf } from './tag.js';

const of = (sql: string): ReturnType<typeof analyse> => analyse(Buffer.from(sql));

describe('refused', () => {
  test.each([
    'SELECT 1; SELECT 2',
    "SELECT ';' ; DROP TABLE t",
    'SELECT 1; -- and\n DROP TABLE t',
    'SELECT $a$ ; $a$; SELECT 2',
    'CREATE TABLE t (x String) ; SELECT 1',
  ])('a second statement: %s', (sql) => {
    expect(() => of(sql)).toThrow('Multi-statements are not allowed');
  });

  test.each([
    "SELECT 1 INTO OUTFILE '/x'",
    "SELECT 1 into /* */ outfile '/x' FORMAT CSV",
    "INSERT INTO t FROM INFILE '/x' FORMAT CSV",
    "INSERT INTO t (a) SETTINGS a = 1 FORMAT CSV SETTINGS b = 2; SELECT 1 INTO OUTFILE 'x'",
  ])('a file of the machine, or rows: %s', (sql) => {
    const statement = ((): unknown => {
      try {
        return of(sql);
      } catch (error) {
        return error;
      }
    })();
    // What stands behind FORMAT is rows: it is never run.
    if (sql.includes('b = 2'))
      expect(statement).toMatchObject({ kind: 'insert', clauses: 'SETTINGS a = 1 FORMAT CSV' });
    else expect(statement).toMatchObject({ code: 36 });
  });
});

describe('plain statements', () => {
  test.each([
    ['SELECT 1', 'select', undefined],
    ['SELECT 1;;', 'select', undefined],
    ['(SELECT 1) UNION ALL (SELECT 2) FORMAT CSV', 'select', 'CSV'],
    ['/* a */ -- b\n with 1 as x select x format TSV settings a = 1', 'select', 'TSV'],
    ["SELECT 'FORMAT CSV'", 'select', undefined],
    ['SELECT 1 AS format, 2 AS b', 'select', undefined],
    ['SELECT (SELECT 1 FORMAT CSV)', 'select', undefined],
    ["SELECT `a;b`, \"c;d\", 'e\\';f', 'g'';h'", 'select', undefined],
    ['INSERT INTO t SELECT 1', 'write', undefined],
    ['INSERT INTO FUNCTION null() WITH 1 AS x SELECT x', 'write', undefined],
    ['CREATE TABLE t (x UInt8) ENGINE = Memory', 'other', undefined],
    ['SHOW TABLES FORMAT JSON', 'other', 'JSON'],
    ['KILL QUERY WHERE 1', 'kill', undefined],
    [' -- nothing', 'empty', undefined],
    [';', 'empty', undefined],
  ])('%s', (sql, kind, format) => {
    expect(of(sql)).toMatchObject({ kind, format });
  });

  test('the result goes into a file before its format', () => {
    const into = (sql: string): string => {
      const statement = of(sql);
      if (statement.kind === 'insert') throw new Error('unexpected');
      return statement.intoFile("/a'b", 'Parquet');
    };
    expect(into('SELECT 1 FORMAT Parquet SETTINGS a = 1')).toBe(
      "SELECT 1 INTO OUTFILE '/a\\'b' FORMAT Parquet SETTINGS a = 1",
    );
    expect(into('SELECT 1 SETTINGS a = 1;')).toBe(
      "SELECT 1 SETTINGS a = 1\nINTO OUTFILE '/a\\'b' FORMAT Parquet",
    );
  });
});

describe('inserts', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1\n', 'INSERT INTO t ', 'FORMAT CSV', '1\n'],
    ['INSERT INTO t FORMAT CSV 1\n', 'INSERT INTO t ', 'FORMAT CSV', '1\n'],
    ['INSERT INTO t FORMAT CSV\n\n1', 'INSERT INTO t ', 'FORMAT CSV', '\n1'],
    [
      'insert into table d.t (a, b) settings x = 1 format CSV\r\n1',
      'insert into table d.t (a, b) ',
      'settings x = 1 format CSV',
      '1',
    ],
    ['INSERT INTO format (values) FORMAT CSV\n', 'INSERT INTO format (values) ', 'FORMAT CSV', ''],
    [
      'INSERT INTO `a b`.values (* EXCEPT (c)) FORMAT CSV\n',
      'INSERT INTO `a b`.values (* EXCEPT (c)) ',
      'FORMAT CSV',
      '',
    ],
    ["INSERT INTO t VALUES (1, 'a;b'); SELECT 1", 'INSERT INTO t ', 'VALUES', " (1, 'a;b'); SELECT 1"],
  ])('%j', (sql, target, clauses, data) => {
    const statement = of(sql);
    expect(statement).toMatchObject({ kind: 'insert', target, clauses });
    if (statement.kind === 'insert') expect(sql.slice(statement.dataAt)).toBe(data);
  });

  test('rows are bytes, whatever they hold', () => {
    const rows = Buffer.from([0, 255, 39, 10, 59, 96]);
    const statement = analyse(Buffer.concat([Buffer.from('INSERT INTO `tä` FORMAT RowBinary\n'), rows]));
    expect(statement).toMatchObject({ kind: 'insert', target: 'INSERT INTO `tä` ', format: 'RowBinary' });
    if (statement.kind === 'insert')
      expect(statement.dataAt).toBe(Buffer.from('INSERT INTO `tä` FORMAT RowBinary\n').length);
  });
});

describe('the tag', () => {
  test('an id cannot end its comment', () => {
    expect(tagOf('*/ SELECT 2 /*')).toBe('/*query_id=%2A%2F%20SELECT%202%20%2F%2A*/');
  });

  test('an id cannot end the literal of its KILL', () => {
    expect(killStatement("' OR 1 --")).toContain("position(query, '/*query_id=\\'%20OR%201%20--*/')");
  });

  test('a KILL of a client asks for its ids, and does not wait', () => {
    const statement = of("KILL QUERY WHERE query_id = 'query_id' AND user = 'x' SYNC");
    expect(statement).toMatchObject({
      sql: expect.stringMatching(
        /^KILL QUERY WHERE decodeURLComponent\(.*\) = 'query_id' AND user = 'x' ASYNC$/,
      ),
    });
  });
});
