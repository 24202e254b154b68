import {
  analyticsQuery,
  events,
  type Fragment,
  persons,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { latestProperties, type LatestProperty, type PersonActivity } from './person.js';

interface ActivityRow extends Readonly<Record<LatestProperty, string>> {
  readonly id: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly total: number;
  readonly pageviews: number;
  readonly sessions: number;
}

const columns: Readonly<Record<LatestProperty, Fragment>> = {
  browser: sql`browser`,
  browser_version: sql`browser_version`,
  os: sql`os`,
  os_version: sql`os_version`,
  device: sql`device`,
  country: sql`country`,
  region: sql`region`,
  city: sql`city`,
};
const latest = sql.join(latestProperties.map((name) => sql`toString(${columns[name]})`));
const latestColumns = sql.join(
  latestProperties.map((name, index) => sql`latest.${sql.integer(index + 1)} AS ${columns[name]}`),
);

/** A person, and an id of the person's events. */
export interface IdOfPerson {
  /** The id of the profile; without one the distinct id. */
  readonly person: string;
  readonly id: string;
}

/**
 * What people did, of all who have events. An event has one distinct id, which leads to one person: it counts once. Events
 * are looked for from when one of the people was first seen until one was last seen: the key of the table knows days.
 */
export const activityOfPeople = analyticsQuery<{ readonly ids: readonly IdOfPerson[] }, ActivityRow>({
  name: 'person.activity',
  build: ({ ids }) => {
    const [named, owners] = [
      value(
        ids.map(({ id }) => id),
        'Array(String)',
      ),
      value(
        ids.map(({ person }) => person),
        'Array(String)',
      ),
    ];
    const hashes = sql`SELECT sipHash64(arrayJoin(${named}))`;
    const seen = (column: Fragment): Fragment =>
      sql`(SELECT ${column} FROM ${persons} AS persons WHERE persons.person IN (${hashes}))`;
    return sql`SELECT owner AS id, first_seen, last_seen, total, pageviews, sessions, ${latestColumns}
      FROM (
        SELECT owner, toUnixTimestamp64Milli(min(occur_time)) AS first_seen, toUnixTimestamp64Milli(max(occur_time)) AS last_seen,
          count() AS total, countIf(kind = 'page_view') AS pageviews, uniqExactIf(session, session != 0) AS sessions,
          argMax((${latest}), (occur_time, event_id)) AS latest
        FROM ${events} AS event ANY LEFT JOIN (
          SELECT sipHash64(pair.1) AS owned, pair.2 AS owner FROM (SELECT arrayJoin(arrayZip(${named}, ${owners})) AS pair)
        ) AS identity ON person = owned
        WHERE person IN (${hashes}) AND occur_time >= ${seen(sql`min(persons.first_seen)`)} AND occur_time <= ${seen(sql`max(persons.last_seen)`)}
        GROUP BY owner
      )`;
  },
  examples: [
    {
      ids: [
        { person: 'person-1', id: 'person-1' },
        { person: 'profile-1-own', id: 'profile-1-own' },
        { person: 'profile-1-own', id: 'person-30' },
        { person: 'profile-1-acme-canary-5d2c', id: 'profile-1-acme-canary-5d2c' },
      ],
    },
  ],
});

export function activityOf({ id: _, total, ...row }: ActivityRow): PersonActivity {
  return {
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    events: total,
    pageviews: row.pageviews,
    sessions: row.sessions,
    latest: row,
  };
}
