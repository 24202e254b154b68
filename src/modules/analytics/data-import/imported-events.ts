import { Injectable } from '@nestjs/common';
import {
  analyticsDeletion,
  analyticsQuery,
  AnalyticsStore,
  events,
  eventsWithCopies,
  sql,
  type StatementOwner,
  value,
} from '../../../platform/analytics-store/index.js';
import type { Transaction } from '../../../platform/database/index.js';
import {
  decodeBody,
  encodeBody,
  engineTime,
  enrich,
  ErasedIds,
  EventSink,
  insertTarget,
  insertFailure,
  type KnownAttributions,
  rowOf,
} from '../event/index.js';
import type { ImportedEvent } from './imported.js';

interface KnownInput {
  readonly batchId: string;
  readonly kinds: readonly string[];
  readonly distinctIds: readonly string[];
  readonly eventIds: readonly string[];
}

const someBatch = '00000000-0000-0000-0000-000000000000';

/** Events of the same ids that are not of the batch. */
const known = analyticsQuery<KnownInput, { event_id: string; kind: string; distinct_id: string; at: string }>(
  {
    name: 'data_import.known_events',
    build: ({ batchId, kinds, distinctIds, eventIds }) => {
      const ids = value(distinctIds, 'Array(String)');
      return sql`SELECT DISTINCT event_id, kind, distinct_id, toString(toUnixTimestamp64Milli(occur_time)) AS at
      FROM ${eventsWithCopies}
      WHERE kind IN ${value(kinds, 'Array(String)')} AND person IN (SELECT if(sent = '', 0, sipHash64(sent)) FROM (SELECT arrayJoin(${ids}) AS sent))
        AND event_id IN ${value(eventIds, 'Array(String)')} AND batch_id != ${value(batchId, 'UUID')}`;
    },
    examples: [
      { batchId: someBatch, kinds: ['page_view'], distinctIds: ['person-1'], eventIds: ['event-1'] },
    ],
  },
);

const ofBatch = analyticsDeletion<{ readonly batchId: string }>({
  name: 'data_import.undo',
  table: events,
  where: ({ batchId }) => sql`batch_id = ${value(batchId, 'UUID')}`,
  examples: [{ batchId: someBatch }],
});

/** The project that events are imported into, and under which batch. */
export interface ImportTarget extends StatementOwner {
  readonly batchId: string;
  /** The same for all events of the batch, so that one that is stored again is the same row. */
  readonly receivedAt: Date;
  readonly retentionDays: number | null;
}

export interface StoredChunk {
  readonly stored: number;
  /** There already, live or by another import. */
  readonly present: number;
  /** The analytics store does not take them. */
  readonly refused: number;
  /** Their persons were erased. */
  readonly erased: number;
}

/** Stores events of imports in the analytics store, and deletes them. */
@Injectable()
export class ImportedEvents {
  constructor(
    private readonly store: AnalyticsStore,
    private readonly sink: EventSink,
    private readonly erasedIds: ErasedIds,
  ) {}

  /**
   * Stores those that are not there yet. Storing the same again changes nothing.
   * @throws what the analytics store does while it is away.
   */
  async add(
    tx: Transaction,
    target: ImportTarget,
    all: readonly ImportedEvent[],
    signal: AbortSignal,
  ): Promise<StoredChunk> {
    const present = await this.present(target, all);
    const missing = all.filter((event) => !present.has(keyOf(event)));
    const attributions: KnownAttributions = new Map();
    for (const event of missing)
      if (!event.isComplete)
        enrich(event.properties, { certain: new Map(), assumed: new Map() }, attributions);
    const kept = await this.withoutErased(tx, target, missing);
    const refused = await this.insert(target, kept, signal);
    return {
      stored: kept.length - refused,
      present: all.length - missing.length,
      refused,
      erased: missing.length - kept.length,
    };
  }

  /** By the same door as live events: what the drain leaves out of its batches. */
  private async withoutErased(
    tx: Transaction,
    { orgId, project, batchId, receivedAt, retentionDays }: ImportTarget,
    some: readonly ImportedEvent[],
  ): Promise<readonly ImportedEvent[]> {
    if (some.length === 0) return some;
    const context = { project: project.number, batchId, receivedAt, retentionDays };
    const body = encodeBody(some.map((event) => rowOf(event, context)));
    const batch = { ...body, id: batchId, orgId, project: project.number, receivedAt, attempts: 0 };
    const isKept = (await this.erasedIds.refusedLines(tx, [batch])).keeperOf(batch);
    if (!isKept) return some;
    // As queued lines begin.
    return some.filter(({ kind, occurTime, distinctId }) =>
      isKept(JSON.stringify([kind, engineTime(occurTime), distinctId])),
    );
  }

  /** When the promise resolves no query sees the events of the batch. */
  async remove(owner: StatementOwner, batchId: string): Promise<void> {
    await this.store.delete(owner, ofBatch, { batchId }, { limits: { seconds: 600 } });
  }

  private async present(target: ImportTarget, all: readonly ImportedEvent[]): Promise<ReadonlySet<string>> {
    const rows = await this.store.query(
      target,
      known,
      {
        batchId: target.batchId,
        kinds: distinct(all.map(({ kind }) => kind)),
        distinctIds: distinct(all.map(({ distinctId }) => distinctId)),
        eventIds: distinct(all.map(({ eventId }) => eventId)),
      },
      { limits: { seconds: 120, rows: 0 } },
    );
    return new Set(rows.map((row) => `${row.event_id}\0${row.kind}\0${row.distinct_id}\0${row.at}`));
  }

  /** Tries each half of a chunk that is refused. Returns how many events are refused. */
  private async insert(
    target: ImportTarget,
    some: readonly ImportedEvent[],
    signal: AbortSignal,
  ): Promise<number> {
    if (some.length === 0) return 0;
    const { project, batchId, receivedAt, retentionDays } = target;
    const context = { project: project.number, batchId, receivedAt, retentionDays };
    const body = encodeBody(some.map((event) => rowOf(event, context)));
    const stamp = { id: batchId, project: project.number, receivedAt, layout: body.layout };
    try {
      await this.sink.insert(insertTarget(body.layout), decodeBody(stamp, body.body), signal);
      return 0;
    } catch (error) {
      // Errors of the engine and of Node carry a code, our own a kind.
      if (signal.aborted || insertFailure(error as { code?: unknown; kind?: unknown }) === 'away')
        throw error;
      if (some.length === 1) return 1;
      const middle = Math.ceil(some.length / 2);
      const first = await this.insert(target, some.slice(0, middle), signal);
      return first + (await this.insert(target, some.slice(middle), signal));
    }
  }
}

function keyOf({ eventId, kind, distinctId, occurTime }: ImportedEvent): string {
  return `${eventId}\0${kind}\0${distinctId}\0${occurTime}`;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
