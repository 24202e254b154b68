import { type AnalyticsMigration, createProjectTable, qualified, storedTable } from './project-table.js';

/** What lists of people read of a person's latest event, in the order in which the tuple holds it. */
const latest = [
  'browser',
  'browser_version',
  'os',
  'os_version',
  'device',
  'country',
  'region',
  'city',
] as const;
const latestType = `Tuple(occur_time DateTime64(3, 'UTC'), ${latest.map((name) => `${name} String`).join(', ')})`;

/**
 * When each distinct id was seen, and with what: lists of a million people cannot look at all events. Holds only what
 * copies of an event do not change; counts are always taken of the events. Filled by each insert of events.
 */
export const personActivity: AnalyticsMigration = {
  name: '0003-person-activity',
  statements: (place) => {
    const select = `
      SELECT project, person, distinct_id, min(occur_time) AS first_seen, max(occur_time) AS last_seen,
        max(CAST((occur_time, ${latest.map((name) => `toString(${name})`).join(', ')}), '${latestType.replaceAll("'", "''")}')) AS latest,
        max(expires_on) AS expires_on`;
    // Visitors of a day are no persons of whom anything is listed.
    const rest = `WHERE person != 0 AND NOT cookieless GROUP BY project, person, distinct_id`;
    const { table: persons, onCluster } = storedTable(place, 'persons');
    const { table: events } = storedTable(place, 'events');
    return [
      ...createProjectTable(place, {
        name: 'persons',
        columns: `
          project UInt32,
          person UInt64,
          distinct_id String,
          first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
          last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
          -- Of two events of one time the one whose values come later in the alphabet, so that every copy says the same.
          latest SimpleAggregateFunction(max, ${latestType}),
          expires_on SimpleAggregateFunction(max, Date)`,
        order: '(project, person, distinct_id)',
        ttl: 'expires_on',
      }),
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${qualified(place, 'persons_of_events')} ${onCluster} TO ${persons} AS ${select} FROM ${events} ${rest}`,
      // What was stored before; what arrives meanwhile is there twice, and the same.
      `INSERT INTO ${qualified(place, 'persons')} ${select} FROM ${qualified(place, 'events')} ${rest}`,
      ...(place.cluster === undefined ? ['profiles'] : ['profiles_local', 'profiles']).map(
        (table) =>
          `ALTER TABLE ${qualified(place, table)} ${onCluster} ADD COLUMN IF NOT EXISTS created_at DateTime64(3, 'UTC')`,
      ),
    ];
  },
};
