import { analyticsQuery, events, instant, sql } from '../../../platform/analytics-store/index.js';

export interface DayRow {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly events: number;
}

/** Events by the day on which they occurred; of equal copies one. */
export const eventsByDay = analyticsQuery<{ readonly from: number }, DayRow>({
  name: 'usage.events_by_day',
  build: ({ from }) =>
    sql`SELECT toString(toDate(occur_time)) AS day, count() AS events FROM ${events} WHERE occur_time >= ${instant(from)} GROUP BY day ORDER BY day`,
  examples: [{ from: 0 }],
});

interface SharedIdsInput {
  /** Events before this time are looked at only for the ids that they have. */
  readonly since: number;
  readonly until: number;
}

/** How far back an id is remembered. */
const LOOK_BACK_MS = 3_600_000;

/** Events from `since` on whose id an earlier one has, or one of these. Ids are compared by their hash: they are long. */
export const sharedEventIds = analyticsQuery<SharedIdsInput, { readonly shared: number }>({
  name: 'usage.shared_event_ids',
  build: ({ since, until }) => sql`
    SELECT toInt64(sum(toInt64(n) - 1 - if(before > 0, toInt64(before) - 1, 0))) AS shared
      FROM (
        SELECT count() AS n, countIf(occur_time < ${instant(since)}) AS before FROM ${events}
         WHERE occur_time >= ${instant(since - LOOK_BACK_MS)} AND occur_time < ${instant(until)}
         GROUP BY sipHash64(event_id) HAVING n > 1)`,
  examples: [{ since: 0, until: 4_000_000_000_000 }],
});
