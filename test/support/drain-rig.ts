import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { encodeBody } from '../../src/modules/analytics/event/batch-body.js';
import { BlockLoader } from '../../src/modules/analytics/event/block-loader.js';
import { DeadLetterStore } from '../../src/modules/analytics/event/dead-letter.store.js';
import { ErasedIdStore } from '../../src/modules/analytics/event/erased-id.store.js';
import { ErasedIds } from '../../src/modules/analytics/event/erased-ids.js';
import { EventDrain } from '../../src/modules/analytics/event/event-drain.js';
import type { EventRow } from '../../src/modules/analytics/event/event-row.js';
import type { EventSink } from '../../src/modules/analytics/event/event-sink.js';
import { IngestMetrics } from '../../src/modules/analytics/event/ingest-metrics.js';
import { IngestQueueStore } from '../../src/modules/analytics/event/ingest-queue.store.js';
import { IngestSignal } from '../../src/modules/analytics/event/ingest-signal.js';
import { AnalyticsVersions } from '../../src/modules/analytics/project/index.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { appDataSource } from '../../src/platform/database/data-source.js';
import { Database } from '../../src/platform/database/index.js';
import { Metrics } from '../../src/platform/telemetry/metrics.js';
import { eventually } from './eventually.js';
import { cloneDatabase, type TestDatabase } from './test-database.js';

interface DrainedProject {
  readonly orgId: string;
  readonly number: number;
}

/** An analytics store that stores lines, and fails as it is told to. */
class Sink {
  readonly stored: string[] = [];
  readonly blocks: string[][] = [];
  refuse: (lines: readonly string[]) => object | undefined = () => undefined;
  isThere = true;

  async insert(_target: unknown, rows: string): Promise<void> {
    const lines = rows.trimEnd().split('\n');
    this.blocks.push(lines);
    const failure = this.refuse(lines);
    if (failure) throw Object.assign(new Error('no'), failure);
    this.stored.push(...lines);
  }

  async takesInserts(): Promise<boolean> {
    return this.isThere;
  }
}

/** Drains on a real database, before an analytics store that does as it is told. */
export class DrainRig {
  /** Projects of two organizations. */
  readonly acme = { orgId: uuid(), number: 7 };
  readonly globex = { orgId: uuid(), number: 8 };
  sink = new Sink();
  /** What drains have warned of. */
  complaints: string[] = [];
  private drains: EventDrain[] = [];
  readonly database: TestDatabase;
  private readonly source: DataSource;

  private constructor(database: TestDatabase, source: DataSource) {
    this.database = database;
    this.source = source;
  }

  static async create(): Promise<DrainRig> {
    const database = await cloneDatabase();
    const pool = { size: 6, applicationName: 'drain' };
    const log = pino({ level: 'silent' });
    const rig = new DrainRig(database, await appDataSource(database.appUrl, [], pool, log).initialize());
    for (const project of [rig.acme, rig.globex]) {
      await database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [
        project.orgId,
      ]);
      await rig.addProject(project);
    }
    return rig;
  }

  /** Before each test. */
  async reset(): Promise<void> {
    await this.database.query('truncate ingest_batch, ingest_dead_letter');
    this.sink = new Sink();
    this.complaints = [];
  }

  /** After each test. */
  async stopDrains(): Promise<void> {
    await Promise.all(this.drains.map((drain) => drain.stop()));
    this.drains = [];
  }

  async end(): Promise<void> {
    await this.source.destroy();
    await this.database.drop();
  }

  async addProject({ orgId, number }: DrainedProject): Promise<void> {
    await this.database.query(
      `insert into project (org_id, id, number, name, name_key) overriding system value
       values ($1, gen_random_uuid(), $2::integer, 'p', 'p' || $2::integer)`,
      [orgId, number],
    );
  }

  async drain(): Promise<EventDrain> {
    const log = {
      setContext() {},
      warn: (_: unknown, message: string) => void this.complaints.push(message),
      error() {},
    } as unknown as PinoLogger;
    const postgres = new Database(this.source);
    const [queue, deadLetters] = [new IngestQueueStore(), new DeadLetterStore()];
    const started = new EventDrain(
      postgres,
      queue,
      deadLetters,
      new AnalyticsVersions(postgres),
      new BlockLoader(this.sink as unknown as EventSink),
      new ErasedIds(new ErasedIdStore()),
      new IngestSignal(),
      new IngestMetrics(postgres, queue, deadLetters, new Metrics()),
      loadConfig({}),
      log,
    );
    this.drains.push(started);
    await started.start();
    return started;
  }

  async queue(
    { orgId, number }: DrainedProject,
    kinds: readonly string[],
    change: Partial<ReturnType<typeof encodeBody>> = {},
  ): Promise<string> {
    const id = uuid();
    const { events, rawOctets, months, layout, body } = {
      ...encodeBody(kinds.map((kind) => row(kind))),
      ...change,
    };
    await this.database.query(
      `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
       values ($1, $2, $3, '2026-11-30 12:00:01.234+00', $4, $5, $6, $7, $8)`,
      [orgId, id, number, events, rawOctets, months, layout, body],
    );
    return id;
  }

  /** As many batches of one event. */
  async queueMany({ orgId, number }: DrainedProject, batches: number): Promise<void> {
    const { events, rawOctets, months, layout, body } = encodeBody([row('many')]);
    await this.database.query(
      `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
       select $1, uuidv7(), $2, '2026-11-30 12:00:01.234+00', $3, $4, $5, $6, $7 from generate_series(1, $8)`,
      [orgId, number, events, rawOctets, months, layout, body, batches],
    );
  }

  /** A batch of more months than a block may have. */
  async queueWide(project: DrainedProject, kind: string): Promise<void> {
    const rows = Array.from({ length: 60 }, (_, n) =>
      row(kind, `${1990 + Math.floor(n / 12)}-${String(1 + (n % 12)).padStart(2, '0')}`),
    );
    await this.queue(project, [], encodeBody(rows));
  }

  async queued(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>('select id from ingest_batch order by id');
    return rows.map(({ id }) => id);
  }

  async deadLetters(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>('select id from ingest_dead_letter order by id');
    return rows.map(({ id }) => id);
  }

  async untilQueued(...ids: string[]): Promise<void> {
    await eventually(`${ids.length} batches are queued`, async () => {
      return JSON.stringify(await this.queued()) === JSON.stringify(ids);
    });
  }

  kindsStored(): string[] {
    return this.sink.stored.map((line) => String(JSON.parse(line)[3])).sort();
  }
}

function row(kind: string, month = '2026-11'): EventRow {
  return {
    project: 0,
    batch_id: '',
    received_at: '',
    kind,
    occur_time: `${month}-30 12:00:00.000`,
    distinct_id: 'ann',
    event_id: uuid(),
    properties: { note: 'a\n[b' },
    numbers: {},
    types: {},
  };
}
