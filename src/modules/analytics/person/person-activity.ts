import {
  analyticsQuery,
  events,
  type Fragment,
  personAliases,
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

/**
 * What people did, of all who have events. Ids are those of profiles, and distinct ids that lead to none. An event has one
 * distinct id, which leads to one person: it counts once.
 */
export const activityOfPeople = analyticsQuery<{ readonly ids: readonly string[] }, ActivityRow>({
  name: 'person.activity',
  build: ({ ids }) => {
    const people = value(ids, 'Array(String)');
    const canonicals = sql`SELECT sipHash64(arrayJoin(${people}))`;
    const aliases = sql`SELECT person AS alias_person, canonical AS alias_canonical FROM ${personAliases}
      WHERE canonical IN (${canonicals})`;
    return sql`SELECT one.id AS id, first_seen, last_seen, total, pageviews, sessions, ${latestColumns}
      FROM (SELECT arrayJoin(${people}) AS id, sipHash64(id) AS key) AS one
      ANY INNER JOIN (
        SELECT if(alias_canonical = 0, person, alias_canonical) AS person_key,
          toUnixTimestamp64Milli(min(occur_time)) AS first_seen, toUnixTimestamp64Milli(max(occur_time)) AS last_seen,
          count() AS total, countIf(kind = 'page_view') AS pageviews, uniqExactIf(session, session != 0) AS sessions,
          argMax((${latest}), (occur_time, event_id)) AS latest
        FROM ${events} AS event ANY LEFT JOIN (${aliases}) AS alias ON person = alias_person
        WHERE person IN (SELECT alias_person FROM (${aliases}) UNION ALL ${canonicals})
        GROUP BY person_key
      ) AS activity ON one.key = activity.person_key`;
  },
  examples: [{ ids: ['person-1', 'person-30', 'profile-1-own', 'profile-1-acme-canary-5d2c'] }],
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
