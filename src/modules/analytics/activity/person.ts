import {
  analyticsQuery,
  eventsWithCopies,
  type Fragment,
  instant,
  persons,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import {
  bucketExpression,
  eventProperty,
  type EventQuestion,
  EventSource,
  everything,
  type Window,
} from '../insight/index.js';
import type { DayCount, Person, PersonStats } from './activity.js';

/** Events of any id of the person. */
export function ofPerson({ ids }: Pick<Person, 'ids'>): Fragment {
  return sql`person IN (SELECT sipHash64(arrayJoin(${value(ids, 'Array(String)')})))`;
}

/** Ids that are UUIDs are stored in small letters. */
export function ofSession(sessionId: string): Fragment {
  const id = value(sessionId, 'String');
  return sql`session IN (sipHash64(${id}), sipHash64(lower(${id})))`;
}

const everyEvent: EventQuestion = {
  filters: { operator: 'and', groups: [] },
  mergeIdentities: false,
  includeBots: false,
  includeCookieless: true,
  reading: { numericStringsCount: true, fallBackToTraits: false },
};

function eventsOf(person: Person, more: readonly Fragment[] = [], window?: Window): Fragment {
  const conditions = [ofPerson(person), ...more];
  return new EventSource(everyEvent).from({ selectors: [], window, conditions });
}

interface Seen {
  /** Milliseconds of the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** When the person was seen, events of robots included: one row, or none for visitors of a day and without events. */
export const seenStatement = analyticsQuery<Pick<Person, 'ids'>, Seen>({
  name: 'activity.seen',
  build: (
    person,
  ) => sql`SELECT toUnixTimestamp64Milli(min(persons.first_seen)) AS firstSeen, toUnixTimestamp64Milli(max(persons.last_seen)) AS lastSeen
    FROM ${persons} AS persons WHERE ${ofPerson(person)} HAVING count() > 0`,
  examples: [{ ids: ['person-1', 'profile-1'] }],
});

interface Days {
  readonly person: Person;
  /** Either this, or `since`. */
  readonly window?: Window;
  /** Milliseconds of the epoch: everything from then on. */
  readonly since?: number;
}

/** Days of UTC with events of the person, in ascending order. */
export const daysStatement = analyticsQuery<Days, DayCount>({
  name: 'activity.days',
  build: ({ person, window, since }) => sql`SELECT toString(toDate(occur_time)) AS date, count() AS count
    ${eventsOf(person, since === undefined ? [] : [sql`occur_time >= ${instant(since)}`], window)}
    GROUP BY date ORDER BY date`,
  examples: [
    { person: { ids: ['person-1', 'profile-1'] }, window: everything.window },
    { person: { ids: ['person-1'] }, since: 0 },
  ],
});

interface ZonedDays {
  readonly person: Person;
  readonly window: Window;
  /** When each day of the window begins, ascending. */
  readonly starts: readonly number[];
}

/** The same by days of a zone: how many events since the beginning of each. */
export const zonedDaysStatement = analyticsQuery<
  ZonedDays,
  { readonly start: number; readonly count: number }
>({
  name: 'activity.zoned_days',
  build: ({
    person,
    window,
    starts,
  }) => sql`SELECT ${bucketExpression(sql`occur_time`, starts)} AS start, count() AS count
    ${eventsOf(person, [], window)}
    GROUP BY start ORDER BY start`,
  examples: [
    {
      person: { ids: ['person-1'], profileId: 'profile-1' },
      window: everything.window,
      starts: [everything.window.from],
    },
  ],
});

/** One row when the id has events, otherwise none. */
export const existsStatement = analyticsQuery<{ readonly id: string }, { readonly found: 1 }>({
  name: 'activity.exists',
  build: ({ id }) => sql`SELECT 1 AS found FROM ${eventsWithCopies} WHERE ${ofPerson({ ids: [id] })} LIMIT 1`,
  examples: [{ id: 'person-1' }],
});

/** Properties of which the latest event of a person is asked. */
const latestProperties = [
  '$browser',
  '$browserVersion',
  '$os',
  '$osVersion',
  '$device',
  '$country',
  '$city',
] as const;

/** One row; of a person without events there are 0. */
export const statsStatement = analyticsQuery<{ readonly person: Person }, PersonStats>({
  name: 'activity.stats',
  build: ({ person }) => {
    const latest = latestProperties.map(
      (name) => sql`${value(name, 'String')}, toString(${eventProperty(name).text})`,
    );
    return sql`SELECT toUnixTimestamp64Milli(min(occur_time)) AS firstSeen, toUnixTimestamp64Milli(max(occur_time)) AS lastSeen,
      count() AS totalEvents, argMax(map(${sql.join(latest)}), (occur_time, event_id, person, sipHash64(kind))) AS latest
      ${eventsOf(person)}`;
  },
  examples: [{ person: { ids: ['person-1', 'profile-1'] } }],
});
