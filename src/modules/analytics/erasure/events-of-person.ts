import { analyticsQuery, events, instant, sql, value } from '../../../platform/analytics-store/index.js';
import type { ErasureScope } from './erasure.js';

type Reach = Pick<ErasureScope, 'distinctIds' | 'returningIds' | 'requestedAt'>;

/** How many events an erasure will find: as in `erasePerson`. */
export const eventsOfPerson = analyticsQuery<Reach, { readonly events: number }>({
  name: 'erasure.count_events',
  build: ({ distinctIds, returningIds, requestedAt }) => {
    const [own, returning] = [value(distinctIds, 'Array(String)'), value(returningIds, 'Array(String)')];
    const until = instant(requestedAt.getTime());
    return sql`SELECT count() AS events FROM ${events}
      WHERE (person IN (SELECT sipHash64(arrayJoin(${own}))) AND distinct_id IN ${own})
         OR (person IN (SELECT sipHash64(arrayJoin(${returning}))) AND distinct_id IN ${returning}
             AND (occur_time <= ${until} OR received_at <= ${until}))`;
  },
  examples: [{ distinctIds: ['person-1'], returningIds: ['person-2'], requestedAt: new Date('2100-01-01') }],
});
