import { randomUUID } from 'node:crypto';
import { AnalyticsEngine, AnalyticsStore, events } from '../../src/platform/analytics-store/index.js';
import { addressOf, connectTo } from '../../src/platform/analytics-store/engine-connection.js';
import { pino } from 'pino';
import type { TestAnalytics } from './analytics-store.js';

/** A store on the database, without a server; `stop` before the database is dropped. */
export function openStore(
  { url }: Pick<TestAnalytics, 'url'>,
  {
    freeDisk = 0,
    memory = 512 * 1024 ** 2,
    onQuery,
  }: { freeDisk?: number; memory?: number; onQuery?: (text: string) => void } = {},
): { store: AnalyticsStore; stop: () => Promise<void> } {
  const access = {
    isUsed: async () => true,
    async open() {
      const connection = await connectTo(addressOf({ url }), { connections: 4, timeoutMs: 60_000 });
      const send = connection.client.query.bind(connection.client);
      if (onQuery)
        connection.client.query = (parameters) => {
          onQuery(parameters.query);
          return send(parameters);
        };
      return { connection, recovers: true, close: () => connection.client.close() };
    },
  };
  const engine = new AnalyticsEngine(access, pino({ level: 'silent' }));
  const limits = { seconds: 20, memory, rows: 10_000_000 };
  return { store: new AnalyticsStore(engine, { limits, freeDisk }), stop: () => engine.stop() };
}

export interface TestEvent {
  readonly project: number;
  readonly kind?: string;
  /** ISO 8601. */
  readonly at?: string;
  readonly distinctId?: string;
  readonly sessionId?: string;
  readonly eventId?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly expiresOn?: string;
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
  'properties',
  'numbers',
  'expires_on',
];

/** Puts events into the store as they are, past everything that ingest does. */
export async function plantEvents(store: AnalyticsStore, planted: readonly TestEvent[]): Promise<void> {
  const received = '2026-11-30 12:00:00.000';
  const lines = planted.map((event) =>
    JSON.stringify([
      event.project,
      event.kind ?? 'page_view',
      (event.at ?? '2026-11-01T12:00:00.000Z').slice(0, 23).replace('T', ' '),
      event.distinctId ?? 'someone',
      event.sessionId ?? '',
      event.eventId ?? randomUUID(),
      received,
      randomUUID(),
      event.properties ?? {},
      event.numbers ?? {},
      event.expiresOn ?? '2149-06-06',
    ]),
  );
  await store.insertLines(events, columns, lines.join('\n'));
}
