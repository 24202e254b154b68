import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { useEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { Ingest } from '../fault/ingest.js';
import { Command, type CommandResult } from './command.js';
import { eventually } from './eventually.js';
import { type ExternalDatabase, ExternalPostgres, queryAt } from './external-postgres.js';
import { KillableEngine } from './killable-engine.js';
import { rowsOfEngine, rowsOfPostgres, withEmbeddedStores } from './stored-rows.js';

const common = {
  PORT: '0',
  LOG_FORMAT: 'json',
  ANALYTICS_FREE_DISK_MIB: '64',
  ENVIRONMENT: 'production',
  SHUTDOWN_GRACE_SECONDS: '5',
};
const quiet = { info: () => undefined, error: () => undefined };

/**
 * An installation on separate servers, whose owner is no superuser, with two organizations, events and objects; and
 * machines on which nothing is, each a folder.
 */
export class BackupWorld {
  readonly masterKey = randomBytes(32).toString('base64');
  readonly acme = { orgId: uuid(), number: 101 };
  readonly globex = { orgId: uuid(), number: 102 };
  readonly env: Record<string, string>;
  readonly ingest: Ingest;
  private running: Command[] = [];
  readonly folder: string;
  readonly postgres: ExternalPostgres;
  readonly database: ExternalDatabase;
  readonly engine: KillableEngine;
  /** Sees every tenant of the installation. */
  readonly superuser: Client;

  private constructor(
    folder: string,
    postgres: ExternalPostgres,
    database: ExternalDatabase,
    engine: KillableEngine,
  ) {
    this.folder = folder;
    this.postgres = postgres;
    this.database = database;
    this.engine = engine;
    this.env = {
      DATABASE_URL: database.ownerUrl,
      MASTER_KEY: this.masterKey,
      CLICKHOUSE_URL: engine.url,
      DATA_DIR: this.path('source'),
    };
    this.superuser = new Client({ connectionString: database.superuserUrl });
    this.superuser.on('error', () => undefined);
    const query = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
      (await this.superuser.query(text, values)).rows as Row[];
    const seen = { ownerUrl: database.superuserUrl, appUrl: '', drop: () => Promise.resolve(), query };
    this.ingest = new Ingest(seen, engine);
  }

  static async create(): Promise<BackupWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-backup-'));
    const postgres = await ExternalPostgres.start();
    const world = new BackupWorld(
      folder,
      postgres,
      await postgres.createDatabase(),
      await KillableEngine.start(),
    );
    await world.fill();
    return world;
  }

  async end(): Promise<void> {
    for (const command of this.running) command.signal('SIGKILL');
    await Promise.all(this.running.map((command) => command.result()));
    await this.superuser.end();
    await this.engine.remove();
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A machine on which everything will lie in this folder. */
  machine(name: string): Record<string, string> {
    return { DATA_DIR: this.path(name), MASTER_KEY: this.masterKey };
  }

  start(words: string[], env: Record<string, string>): Command {
    const command = Command.start(words, { env: { ...common, ...env }, folder: this.folder });
    this.running.push(command);
    return command;
  }

  async serve(env: Record<string, string>, role: string): Promise<Command> {
    const server = this.start(['serve', '--role', role], env);
    await server.printed(/"msg":"ready"/);
    return server;
  }

  async stop(command: Command): Promise<CommandResult> {
    this.running = this.running.filter((other) => other !== command);
    return command.stop();
  }

  run(words: string[], env = this.env): Promise<CommandResult> {
    return Command.run(words, { env: { ...common, ...env }, folder: this.folder }, 120_000);
  }

  async expectDone(words: string[], env?: Record<string, string>): Promise<string> {
    const { exitCode, output } = await this.run(words, env);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    return output;
  }

  /** Ends with a code, says a sentence, shows no stack. */
  async expectRefusal(words: string[], sentence: RegExp, env?: Record<string, string>): Promise<void> {
    const { exitCode, output } = await this.run(words, env);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/^ {4}at /m);
    expect(exitCode).toBe(1);
  }

  /** Runs a worker until the queue of the installation is empty. */
  async drain(): Promise<void> {
    const worker = this.start(['serve', '--role', 'worker'], this.env);
    await this.ingest.drained(60_000);
    await this.stop(worker);
  }

  /** Begins a backup and holds it behind the queue of events, before the analytics store: its snapshot has been taken. */
  async backupHeld(name: string): Promise<{ backup: Command; release: () => Promise<void> }> {
    const lock = new Client({ connectionString: this.database.superuserUrl });
    await lock.connect();
    await lock.query('begin');
    await lock.query('lock table template in access exclusive mode');
    const backup = this.start(['backup', this.path(name)], this.env);
    await eventually(
      'the backup has read the queue',
      async () => {
        const { rowCount } = await this.superuser.query(
          `select from pg_stat_activity
            where application_name = 'dovecote backup' and cardinality(pg_blocking_pids(pid)) > 0`,
        );
        return rowCount === 1;
      },
      60_000,
    );
    return { backup, release: () => lock.end() };
  }

  /** Serves on a machine until it has moved its queue. */
  async serveUntilDrained(name: string): Promise<void> {
    const server = await this.serve(this.machine(name), 'all');
    const { url } = await useEmbeddedPostgres({ dataDir: this.path(name), log: quiet });
    await eventually(
      'the queue is empty',
      async () => (await queryAt(url, 'select from ingest_batch')).length === 0,
      60_000,
    );
    await this.stop(server);
  }

  /** All that a machine stores. */
  rowsIn(name: string): Promise<Record<string, string>> {
    return withEmbeddedStores(this.path(name), async (stores) => ({
      ...(await rowsOfPostgres(stores.postgres)),
      ...(await rowsOfEngine(stores.engine, 'dovecote')),
    }));
  }

  /** By project: how many events of a machine count, and how many ids they have. */
  eventsIn(name: string): Promise<Record<number, [events: number, ids: number]>> {
    return withEmbeddedStores(this.path(name), async ({ engine }) => {
      const answer = await engine.query({
        query: `SELECT project, count() AS events, uniqExact(event_id) AS ids FROM dovecote.events FINAL
          GROUP BY project`,
        format: 'JSONEachRow',
      });
      const rows = await answer.json<{ project: number; events: string; ids: string }>();
      return Object.fromEntries(
        rows.map(({ project, events, ids }) => [project, [Number(events), Number(ids)]]),
      );
    });
  }

  /** In development there is an organization, with its first member, templates and keys. */
  private async fill(): Promise<void> {
    await this.stop(await this.serve({ ...this.env, ENVIRONMENT: 'development' }, 'api'));
    await this.superuser.connect();
    await this.ingest.addProjects(this.acme, this.globex);
    const objects = this.path('source', 'objects', this.acme.orgId, 'screenshots');
    await mkdir(objects, { recursive: true });
    for (let n = 0; n < 20; n += 1) await writeFile(join(objects, `${n}.png`), randomBytes(n * 5_000));
    await this.ingest.accept(this.acme, 500);
    await this.drain();
    await this.ingest.accept(this.acme, 300);
    await this.ingest.accept(this.globex, 200);
  }
}
