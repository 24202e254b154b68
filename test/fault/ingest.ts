import { v7 as uuid } from 'uuid';
import { encodeBody } from '../../src/modules/analytics/event/batch-body.js';
import type { EventRow } from '../../src/modules/analytics/event/event-row.js';
import type { KillableEngine } from '../support/killable-engine.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

/** A project as far as the queue knows it. */
export interface FaultProject {
  readonly orgId: string;
  readonly number: number;
}

interface EventTimes {
  /** The time of all events, as the store is told. */
  readonly occurTime?: string;
  /** In how many months they lie. */
  readonly months?: number;
}

/** Batches that were accepted, and what must be stored of them however the processes ended. */
export class Ingest {
  private readonly sent = new Map<number, number>();
  private readonly database: TestDatabase;
  private readonly engine: KillableEngine;

  constructor(database: TestDatabase, engine: KillableEngine) {
    this.database = database;
    this.engine = engine;
  }

  /** Makes the projects, for dead letters are kept of no others. */
  async addProjects(...projects: readonly FaultProject[]): Promise<void> {
    for (const { orgId, number } of projects) {
      await this.database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [
        orgId,
      ]);
      await this.database.query(
        `insert into project (org_id, id, number, name, name_key) overriding system value
         values ($1, gen_random_uuid(), $2, 'p', 'p')`,
        [orgId, number],
      );
    }
  }

  /** Queues a batch as a server does when it accepts it. */
  async accept({ orgId, number }: FaultProject, events: number, times: EventTimes = {}): Promise<string> {
    const id = uuid();
    const rows = Array.from({ length: events }, (_, n) => row(n, times));
    const body = encodeBody(rows);
    await this.database.query(
      `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
       values ($1, $2, $3, date_trunc('milliseconds', now()), $4, $5, $6, $7, $8)`,
      [orgId, id, number, body.events, body.rawOctets, body.months, body.layout, body.body],
    );
    this.sent.set(number, (this.sent.get(number) ?? 0) + events);
    return id;
  }

  async queued(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'select count(*)::int as count from ingest_batch',
    );
    return row?.count ?? 0;
  }

  async deadLetters(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>('select id from ingest_dead_letter order by id');
    return rows.map(({ id }) => id);
  }

  async drained(patienceMs = 40_000): Promise<void> {
    await eventually('the queue is empty', async () => (await this.queued()) === 0, patienceMs);
  }

  /** By project: how many events there are, and how many ids they have. */
  async stored(): Promise<Record<string, [events: number, ids: number]>> {
    await this.engine.answers();
    const rows = await this.engine.query<{ project: number; events: string; ids: string }>(
      `SELECT project, count() AS events, uniqExact(event_id) AS ids FROM dovecote.events FINAL
        WHERE project > 0 GROUP BY project ORDER BY project`,
    );
    return Object.fromEntries(
      rows.map(({ project, events, ids }) => [project, [Number(events), Number(ids)]]),
    );
  }

  /** What `stored` must say. */
  get expected(): Record<string, [events: number, ids: number]> {
    return Object.fromEntries([...this.sent].sort().map(([project, events]) => [project, [events, events]]));
  }

  /** Subtracts sent events that became a dead letter. */
  without(project: FaultProject, events: number): void {
    this.sent.set(project.number, (this.sent.get(project.number) ?? 0) - events);
  }
}

function row(n: number, { occurTime, months = 1 }: EventTimes): EventRow {
  // The last days of November 2026, or of as many months before.
  const month = new Date(Date.UTC(2026, 10 - (n % months))).toISOString().slice(0, 7);
  const day = String(1 + (n % 28)).padStart(2, '0');
  return {
    project: 0,
    batch_id: '',
    received_at: '',
    kind: 'page_view',
    occur_time: occurTime ?? `${month}-${day} 12:00:00.${String(n % 1000).padStart(3, '0')}`,
    distinct_id: `person ${n % 50}`,
    session_id: `session ${n % 70}`,
    event_id: uuid(),
    country: ['SE', 'DE', 'US'][n % 3],
    pathname: `/products/${n}`,
    properties: { plan: 'pro', price: String(n / 10) },
    numbers: { price: n / 10 },
    types: { price: 2 },
  };
}
