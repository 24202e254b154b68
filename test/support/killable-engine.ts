import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from '@dovecote/embedded-clickhouse';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** An analytics engine that several processes of a spec use by CLICKHOUSE_URL, and that can be killed. */
export class KillableEngine {
  private engine: EmbeddedClickHouse | undefined;
  private client: ClickHouseClient | undefined;
  private readonly folder: string;
  private readonly port: number;
  private password = '';

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async start(): Promise<KillableEngine> {
    // In memory where there is a place for that: specs wait for the disk most of the time.
    const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    const folder = await mkdtemp(join(parent, 'dovecote-engine-'));
    const started = new KillableEngine(folder, await freePort());
    await started.comeBack();
    return started;
  }

  /** CLICKHOUSE_URL; another one after `comeBack`. */
  get url(): string {
    return `http://default:${this.password}@127.0.0.1:${this.port}/dovecote`;
  }

  /** For a client beside the servers. */
  get access(): { url: string; username: string; password: string } {
    return { url: `http://127.0.0.1:${this.port}`, username: 'default', password: this.password };
  }

  async query<Row>(query: string): Promise<Row[]> {
    if (!this.client) throw new Error('The engine is away.');
    const answer = await this.client.query({ query, format: 'JSONEachRow' });
    return answer.json<Row>();
  }

  /** As when memory runs out; it is started again by itself. */
  async kill(): Promise<void> {
    const pid = this.engine?.pid;
    if (pid === undefined || !this.engine?.isRunning) return;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended in this moment.
    }
  }

  /** Stops it until `comeBack`. */
  async goAway(): Promise<void> {
    await this.client?.close();
    this.client = undefined;
    await this.engine?.stop();
    this.engine = undefined;
  }

  async comeBack(): Promise<void> {
    this.engine = await startEmbeddedClickHouse({ dataDir: this.folder, port: this.port, connections: 4 });
    this.password = this.engine.password;
    const { url, username, password } = this.engine;
    this.client = createClient({ url, username, password, log: { level: 127 } });
  }

  /** Waits until it answers. */
  async answers(): Promise<void> {
    await eventually(
      'the engine answers',
      async () => (await this.query('SELECT 1 AS one')).length === 1,
      60_000,
    );
  }

  async remove(): Promise<void> {
    await this.goAway();
    await rm(this.folder, { recursive: true, force: true });
  }
}
