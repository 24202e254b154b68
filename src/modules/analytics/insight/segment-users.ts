import { analyticsQuery, sql, value } from '../../../platform/analytics-store/index.js';
import type { EventSelector, Question } from './insight-query.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

/** The persons who did any of the events, by distinct id: identities are never merged here, and cookieless persons left out. */
export interface SegmentUsersQuery extends Question {
  /** At least one. */
  readonly events: readonly EventSelector[];
  /** The last id of the page before; empty: the first page. */
  readonly after: string;
  readonly limit: number;
}

interface SegmentUsersRow {
  readonly id: string;
}

/** In ascending order of their bytes. */
export const segmentUsersStatement = analyticsQuery<SegmentUsersQuery, SegmentUsersRow>({
  name: 'insight.segment_users',
  build: (query) => {
    const source = new EventSource({ ...query, includeCookieless: false });
    const from = source.from({
      selectors: query.events,
      window: query.window,
      conditions: [source.hasPerson(), sql`distinct_id > ${value(query.after, 'String')}`],
    });
    return sql`SELECT distinct_id AS id ${from} GROUP BY distinct_id ORDER BY distinct_id
      LIMIT ${value(query.limit, 'UInt32')}`;
  },
  examples: [{ ...everything, events: [{ kind: '', filters: [] }], after: '', limit: 10 }],
});
