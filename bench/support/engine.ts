import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { findEmbeddedClickHouse } from '@dovecote/embedded-clickhouse';

/** Long enough for rows that the engine itself makes by the million. */
const TIMEOUT_MS = 3_600_000;
const POLL_MS = 100;

/** The database of the product in its embedded engine. */
export const database = 'dovecote';

export interface EngineAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The engine that a server runs in its data folder. */
export async function engineOf(dataDir: string): Promise<EngineAddress> {
  const found = await findEmbeddedClickHouse(join(dataDir, 'analytics'));
  if (!found) throw new Error('The server has not started its analytics engine.');
  return found;
}

/** A connection past the product, which sees every project. */
export function connectTo({ url, username, password }: EngineAddress): ClickHouseClient {
  return createClient({
    ...{ url, username, password },
    request_timeout: TIMEOUT_MS,
    max_open_connections: 10,
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** The rows of a query; 64-bit numbers that a number can hold are numbers. */
export async function rowsOf<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const answer = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return answer.json<Row>();
}

/** Resolves when the engine has merged what it wants to merge: until then it is at work. */
export async function untilMerged(client: ClickHouseClient): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    const [row] = await rowsOf<{ merges: number }>(client, 'SELECT count() AS merges FROM system.merges');
    quiet = row?.merges === 0 ? quiet + 1 : 0;
    await delay(POLL_MS);
  }
}
