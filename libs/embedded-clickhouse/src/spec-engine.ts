/** For specs: a fresh engine with small limits, and the official client. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from './index.js';

export const connections = 8;
export const maxQueued = 4;

export async function openEngine(): Promise<SpecEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'));
  const engine = await startEmbeddedClickHouse({
    dataDir,
    connections,
    maxQueued,
    maxServerMemoryBytes: 1024 ** 3,
    maxQueryMemoryBytes: 200 * 1024 ** 2,
    maxStatementBytes: 1024 ** 2,
    maxBodyBytes: 32 * 1024 ** 2,
    maxResultBytes: 1024 ** 2,
  });
  return new SpecEngine(dataDir, engine);
}

export class SpecEngine {
  readonly client: ClickHouseClient;

  constructor(
    readonly dataDir: string,
    readonly access: EmbeddedClickHouse,
  ) {
    this.client = this.connect();
  }

  connect(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
    const { url, username, password } = this.access;
    const shared = { url, username, password, max_open_connections: 50 };
    return createClient({ ...shared, log: { level: 127 }, ...options });
  }

  async rows(query: string, options: object = {}): Promise<unknown[]> {
    const result = await this.client.query({ query, format: 'JSONEachRow', ...options });
    return result.json();
  }

  async freshTable(columns: string, engine = 'MergeTree ORDER BY tuple()'): Promise<string> {
    const table = `t_${randomUUID().replaceAll('-', '')}`;
    await this.client.command({ query: `CREATE TABLE ${table} (${columns}) ENGINE = ${engine}` });
    return table;
  }

  /** The statements that the engine runs at the moment, this one not counted. */
  async running(): Promise<number> {
    const [row] = await this.rows(
      "SELECT count() AS n FROM system.processes WHERE query NOT LIKE '%system.processes%'",
    );
    return (row as { n: number }).n;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.access.stop();
    await rm(this.dataDir, { recursive: true });
  }
}
