import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { v7 as uuid } from 'uuid';
import { linesOf } from '../../src/modules/analytics/event/batch-body.js';
import type { TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import type { KillableEngine } from '../support/killable-engine.js';
import type { TestDatabase } from '../support/test-database.js';

/** An event that the server has accepted. */
export interface SentEvent {
  readonly project: number;
  readonly distinctId: string;
  readonly eventId: string;
  /** Milliseconds of the epoch. */
  readonly at: number;
}

/** Sends one event of each id in one batch; returns what was accepted. */
export async function sendEvents(project: TestProject, ids: readonly string[]): Promise<SentEvent[]> {
  const at = Date.now();
  const sent = ids.map((distinctId) => ({ project: project.number, distinctId, eventId: uuid(), at }));
  await project.keys.public.client(EventsService).batchCreate({
    events: sent.map(({ distinctId, eventId }) => ({
      eventId,
      kind: 'page_view',
      occurTime: timestampFromMs(at),
      distinctId,
      sessionId: uuid(),
    })),
  });
  return sent;
}

/** Two clients that send events of the same people, in both projects, until they are stopped. */
export class EventStream {
  readonly accepted: SentEvent[] = [];
  private isSending = true;
  private readonly running: Promise<unknown>;

  constructor(projects: readonly TestProject[], ids: readonly string[]) {
    const write = async (): Promise<void> => {
      while (this.isSending)
        for (const project of projects) this.accepted.push(...(await sendEvents(project, ids)));
    };
    this.running = Promise.all([write(), write()]);
  }

  /** Waits until as many events more were accepted. */
  async progress(events: number): Promise<void> {
    const wanted = this.accepted.length + events;
    await eventually('events are accepted', async () => this.accepted.length >= wanted, 60_000);
  }

  async stop(): Promise<void> {
    this.isSending = false;
    await this.running;
  }
}

/** Where a text is found that should be nowhere: every table of both stores is searched. */
export class Traces {
  private readonly database: TestDatabase;
  private readonly engine: KillableEngine;

  constructor(database: TestDatabase, engine: KillableEngine) {
    this.database = database;
    this.engine = engine;
  }

  /** Tables of PostgreSQL, bodies of the queue and of dead letters unpacked. */
  async inPostgres(texts: readonly string[]): Promise<string[]> {
    const tables = await this.database.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname in ('public', 'graphile_worker') order by 1`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await this.database.query(
        `select from ${name} t where exists (select from unnest($1::text[]) x where strpos(t::text, x) > 0) limit 1`,
        [texts],
      );
      if (rows.length > 0) found.push(name);
    }
    for (const table of ['ingest_batch', 'ingest_dead_letter']) {
      const bodies = await this.database.query<{ body: Buffer }>(`select body from ${table}`);
      const lines = bodies.flatMap(({ body }) => linesOf(body)).join('\n');
      if (texts.some((text) => lines.includes(text))) found.push(`body of ${table}`);
    }
    return found;
  }

  /** Tables of the engine, in one project. */
  async inEngine(texts: readonly string[], project: number): Promise<string[]> {
    await this.engine.answers();
    const tables = await this.engine.query<{ place: string }>(
      `SELECT table AS place FROM system.columns
        WHERE database = 'dovecote' AND name = 'project' AND table != 'persons_of_events' ORDER BY table`,
    );
    const found: string[] = [];
    for (const { place } of tables) {
      const rows = await this.engine.query(`SELECT * FROM dovecote.${place} WHERE project = ${project}`);
      const all = JSON.stringify(rows);
      if (texts.some((text) => all.includes(text))) found.push(place);
    }
    return found;
  }
}
