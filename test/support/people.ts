import { randomUUID } from 'node:crypto';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { events } from '../../src/platform/analytics-store/index.js';
import type { TestServer } from './test-server.js';
import { eventually } from './eventually.js';

/** An event as the analytics store has it, of the month of the specs. */
export interface StoredEvent {
  readonly id: string;
  /** `03 10:00`: day and time. */
  readonly at: string;
  readonly kind?: string;
  readonly session?: string;
  readonly browser?: string;
  readonly country?: string;
  readonly cookieless?: boolean;
  /** How often a retry has stored it. */
  readonly copies?: number;
}

const columns = [
  'project',
  'kind',
  'occur_time',
  'distinct_id',
  'session_id',
  'event_id',
  'received_at',
  'batch_id',
  'browser',
  'country',
  'cookieless',
];

/** The time of an event, in milliseconds of the epoch. */
export function timeOf(at: string): number {
  return Date.parse(`2026-06-${at.replace(' ', 'T')}:00Z`);
}

/** Puts events into the store, past everything that ingest does. */
export async function storeEvents(
  store: AnalyticsStore,
  project: number,
  stored: readonly StoredEvent[],
): Promise<void> {
  const lines = stored.flatMap((event) => {
    const time = new Date(timeOf(event.at)).toISOString().slice(0, 23).replace('T', ' ');
    const eventId = randomUUID();
    return Array.from({ length: event.copies ?? 1 }, () =>
      JSON.stringify([
        project,
        event.kind ?? 'page_view',
        time,
        event.id,
        event.session ?? '',
        eventId,
        time,
        randomUUID(),
        event.browser ?? '',
        event.country ?? '',
        event.cookieless ?? false,
      ]),
    );
  });
  await store.insertLines(events, columns, lines.join('\n'));
}

/** Waits until the analytics store knows all profiles and aliases. */
export async function allMirrored({ database }: TestServer): Promise<void> {
  await eventually('all is mirrored', async () => {
    const waiting = await database.query(
      `select from profile where not is_mirrored union all select from profile_alias where not is_mirrored`,
    );
    return waiting.length === 0;
  });
}
