import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { database, rowsOf } from '../support/engine.js';

/** A copy of the table of events, with what it says about parts, keys and the disk. */
const copy = `${database}.bench_events`;
/** What the product names in an insert, too. */
const SETTINGS = 'insert_deduplicate = 0, async_insert = 0, max_partitions_per_insert_block = 0';
const AT_ONCE = 4;

export interface BareInsert {
  readonly rows: number;
  readonly seconds: number;
}

/** The rows of a project, as lines of the format in which the product inserts them. */
export async function linesOf(client: ClickHouseClient, project: number, most: number): Promise<string[]> {
  const answer = await client.query({
    query: `SELECT * EXCEPT person FROM ${database}.events WHERE project = ${project} LIMIT ${most}`,
    format: 'JSONCompactEachRow',
  });
  return (await answer.text()).trimEnd().split('\n');
}

/**
 * Inserts the rows into an empty copy of the table, in blocks of this size, some at once: without validation, enrichment
 * and queue. Joining them into blocks of text does not count.
 */
export async function insertBare(
  client: ClickHouseClient,
  lines: readonly string[],
  block: number,
): Promise<BareInsert> {
  await client.command({ query: `DROP TABLE IF EXISTS ${copy} SYNC` });
  await client.command({ query: `CREATE TABLE ${copy} AS ${database}.events` });
  const blocks: Buffer[] = [];
  for (let at = 0; at < lines.length; at += block)
    blocks.push(Buffer.from(lines.slice(at, at + block).join('\n')));
  const begin = performance.now();
  const waiting = blocks.values();
  const one = async (): Promise<void> => {
    for (const values of waiting) {
      const { stream } = await client.exec({
        query: `INSERT INTO ${copy} (* EXCEPT person) SETTINGS ${SETTINGS} FORMAT JSONCompactEachRow`,
        values: Readable.from([values], { objectMode: false }),
      });
      stream.resume();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const seconds = (performance.now() - begin) / 1_000;
  const [row] = await rowsOf<{ rows: number }>(client, `SELECT count() AS rows FROM ${copy}`);
  if (row?.rows !== lines.length) throw new Error(`Of ${lines.length} rows ${row?.rows} were inserted.`);
  await client.command({ query: `DROP TABLE ${copy} SYNC` });
  return { rows: lines.length, seconds };
}
