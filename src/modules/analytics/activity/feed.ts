import {
  analyticsQuery,
  type Fragment,
  instant,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { promotedProperties } from '../event/index.js';
import { eventProperty, type EventQuestion, EventSource, everything } from '../insight/index.js';
import type { Feed, FeedEvent, FeedPlace } from './activity.js';
import { ofPerson, ofSession } from './person.js';

export interface FeedQuery extends Feed {
  /** Only events behind this one. */
  readonly after?: FeedPlace;
  /** Only events from this time on, in milliseconds: how far back is looked. */
  readonly since?: number;
  /** How many at most. */
  readonly limit: number;
}

/**
 * The newest events. The time of the last one of them is found first, over the few columns that decide it: whole events are
 * wide, and are then read from that time on only.
 */
export const feedStatement = analyticsQuery<FeedQuery, FeedEvent>({
  name: 'activity.feed',
  build: (query) => {
    const limit = sql.integer(query.limit);
    const newest = sql`SELECT occur_time${from(query)} ORDER BY occur_time DESC LIMIT ${limit}`;
    const reached = sql`occur_time >= (SELECT min(occur_time) FROM (${newest}))`;
    const promoted = promotedProperties.map(({ property }) => eventProperty(property).text);
    return sql`SELECT toUnixTimestamp64Milli(occur_time) AS time, event_id AS eventId, toString(person) AS personNumber, toString(sipHash64(kind)) AS kindHash,
        kind, distinct_id AS distinctId, session_id AS sessionId, [${sql.join(promoted)}] AS promoted, properties, types${from(query, reached)}
      ORDER BY occur_time DESC, event_id DESC, person DESC, sipHash64(kind) DESC LIMIT ${limit}`;
  },
  examples: [
    {
      person: { ids: ['person-1', 'profile-1'] },
      sessionId: '',
      selectors: [],
      filters: everything.filters.groups.flatMap(({ filters }) => filters).slice(0, 1),
      fallBackToTraits: true,
      since: 0,
      limit: 5,
    },
    {
      sessionId: '',
      window: everything.window,
      selectors: [
        { kind: 'page_view', filters: [] },
        { kind: '', filters: [{ property: 'plan', source: 'profile', operator: 'is_set' }] },
      ],
      filters: [],
      fallBackToTraits: false,
      after: { time: everything.window.to, eventId: '~', personNumber: '0', kindHash: '0' },
      limit: 5,
    },
    {
      sessionId: 'session-1',
      selectors: [],
      filters: [{ property: 'plan', source: 'profile', operator: 'is_set' }],
      fallBackToTraits: false,
      limit: 5,
    },
  ],
});

function from(query: FeedQuery, ...more: Fragment[]): Fragment {
  const { person, sessionId, selectors, window, after, since } = query;
  return new EventSource(questionOf(query)).from({
    selectors,
    window,
    conditions: [
      ...(person ? [ofPerson(person)] : []),
      ...(sessionId === '' ? [] : [ofSession(sessionId)]),
      ...(since === undefined ? [] : [sql`occur_time >= ${instant(since)}`]),
      ...(after ? [behind(after)] : []),
      ...more,
    ],
  });
}

function questionOf({ filters, fallBackToTraits }: Feed): EventQuestion {
  return {
    filters: { operator: 'and', groups: filters.length === 0 ? [] : [{ operator: 'and', filters }] },
    mergeIdentities: false,
    includeBots: false,
    includeCookieless: true,
    reading: { numericStringsCount: true, fallBackToTraits },
  };
}

/** The first condition is one on the sorting key. */
function behind({ time, eventId, personNumber, kindHash }: FeedPlace): Fragment {
  const place = sql`(${value(eventId, 'String')}, ${value(personNumber, 'UInt64')}, ${value(kindHash, 'UInt64')})`;
  return sql`occur_time <= ${instant(time)}
    AND (occur_time < ${instant(time)} OR (event_id, person, sipHash64(kind)) < ${place})`;
}
