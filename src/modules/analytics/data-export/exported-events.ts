import {
  analyticsQuery,
  AnalyticsStore,
  events,
  instant,
  sql,
  type StatementOwner,
  value,
} from '../../../platform/analytics-store/index.js';
import { Injectable } from '@nestjs/common';
import { pulled } from './pulled.js';
import type { ExportedEvent } from './record.js';
import { toExportedEvent } from './stored-event.mapper.js';

export interface WantedEvents {
  /** Null: from the first. */
  readonly from: Date | null;
  /** Null: to the last. Otherwise events of this time and later are left out. */
  readonly to: Date | null;
  /** Undefined: of all persons. */
  readonly distinctIds?: readonly string[];
}

/** In the order of `Row` in stored-event.mapper.ts, which ends with the promoted properties in theirs. */
const columnNames = sql`event_id, kind, occur_time, received_at, distinct_id, session_id, cookieless, bot, properties, types,
  bot_score, verified_bot, mobile, country, region, city, browser, browser_version, os, os_version, device, platform, url,
  utm_source, utm_medium, utm_campaign, utm_term, utm_content, pathname, hostname, referrer, referrer_domain, channel,
  locale, screen_size, page_title`;

const example: WantedEvents = { from: new Date(0), to: new Date('2149-01-01'), distinctIds: ['person-1'] };
const examples: readonly [WantedEvents, ...WantedEvents[]] = [{ from: null, to: null }, example];

const wanted = analyticsQuery<WantedEvents, unknown>({
  name: 'data_export.events',
  build: (input) => sql`SELECT ${columnNames} FROM ${events} WHERE ${condition(input)}`,
  examples,
  // Behind questions, which people wait for.
  settings: { max_threads: 1, priority: 10 },
});

const counted = analyticsQuery<WantedEvents, { events: number }>({
  name: 'data_export.count_events',
  build: (input) => sql`SELECT count() AS events FROM ${events} WHERE ${condition(input)}`,
  examples,
});

function condition({ from, to, distinctIds }: WantedEvents) {
  const conditions = [sql`1`];
  if (from) conditions.push(sql`occur_time >= ${instant(from.getTime())}`);
  if (to) conditions.push(sql`occur_time < ${instant(to.getTime())}`);
  if (distinctIds) {
    const ids = value(distinctIds, 'Array(String)');
    // The number finds the rows; two ids that share it are told apart by their text.
    conditions.push(sql`person IN (SELECT sipHash64(arrayJoin(${ids}))) AND distinct_id IN ${ids}`);
  }
  return sql.join(conditions, sql` AND `);
}

/** A file of ten billion events takes hours. */
const limits = { seconds: 6 * 3600, rows: 0 };

/** The stored events of a project, each once. */
@Injectable()
export class ExportedEvents {
  constructor(private readonly store: AnalyticsStore) {}

  async count(owner: StatementOwner, input: WantedEvents): Promise<number> {
    const [row] = await this.store.query(owner, counted, input, { limits: { ...limits, seconds: 600 } });
    return row?.events ?? 0;
  }

  /** Some at a time, of one moment. */
  read(owner: StatementOwner, input: WantedEvents): AsyncGenerator<readonly ExportedEvent[]> {
    return pulled<readonly ExportedEvent[]>((take) =>
      this.store.stream(owner, wanted, input, (rows) => take(rows.map(toExportedEvent)), { limits }),
    );
  }
}
