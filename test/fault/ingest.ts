import { randomBytes } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { type BatchBody, encodeBody, encodeTouches } from '../../src/modules/analytics/event/batch-body.js';
import type { EventRow } from '../../src/modules/analytics/event/event-row.js';
import type { TouchRow } from '../../src/modules/analytics/event/touch-row.js';
import type { KillableEngine } from '../support/killable-engine.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

/** A project, or the heat maps of an organization, as far as the queue knows it. */
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
  private touches = 0;
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

  /** Makes the heat maps of an organization that has a project. */
  async addHeatmaps({ orgId, number }: FaultProject): Promise<void> {
    await this.database.query(
      `insert into heatmap (org_id, number, sealed_seed, created_at) overriding system value values ($1, $2, '', now())`,
      [orgId, number],
    );
  }

  /** Queues a batch as a server does when it accepts it. */
  async accept(project: FaultProject, events: number, times: EventTimes = {}): Promise<string> {
    const id = await this.enqueue(
      project,
      encodeBody(Array.from({ length: events }, (_, n) => row(n, times))),
    );
    this.sent.set(project.number, (this.sent.get(project.number) ?? 0) + events);
    return id;
  }

  /** The same for touches, of this day. */
  async acceptTouches(maps: FaultProject, touches: number, day = '2026-11-30'): Promise<string> {
    const rows = Array.from({ length: touches }, (_, n) => touch(n, day));
    const id = await this.enqueue(maps, encodeTouches(rows));
    this.touches += touches;
    return id;
  }

  private async enqueue({ orgId, number }: FaultProject, body: BatchBody): Promise<string> {
    const id = uuid();
    await this.database.query(
      `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
       values ($1, $2, $3, date_trunc('milliseconds', now()), $4, $5, $6, $7, $8)`,
      [orgId, id, number, body.events, body.rawOctets, body.months, body.layout, body.body],
    );
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

  async drained(patienceMs = 90_000): Promise<void> {
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

  /** How many touches there are, how many ids they have, and how many there must be. */
  async storedTouches(): Promise<[touches: number, ids: number, expected: number]> {
    const [found] = await this.engine.query<{ touches: string; ids: string }>(
      'SELECT count() AS touches, uniqExact(touch) AS ids FROM dovecote.touches FINAL',
    );
    return [Number(found?.touches), Number(found?.ids), this.touches];
  }

  /** Subtracts sent touches that became a dead letter. */
  withoutTouches(touches: number): void {
    this.touches -= touches;
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

function touch(n: number, day: string): TouchRow {
  return {
    ...{ screen: `Screen ${n % 3}`, day, campaign: '', kind: 1 + (n % 4), bucket: n % 64, salted_at: 1 },
    ...{ touch: String(randomBytes(8).readBigUInt64BE()), x: n % 200, y: n % 100, expires_on: '2149-06-06' },
  };
}
