import { type AnalyticsMigration, createProjectTable } from './project-table.js';

/** Who the persons of events are: mirrors of tables in PostgreSQL, from which they can be filled again. */
export const persons: AnalyticsMigration = {
  name: '0002-persons',
  statements: (place) => [
    // An external id, an alias or a profile id, and the profile id that it leads to. Without a row a person is its own.
    ...createProjectTable(place, {
      name: 'person_aliases',
      columns: `
        project UInt32,
        distinct_id String,
        profile_id String,
        person UInt64 DEFAULT sipHash64(distinct_id),
        canonical UInt64 DEFAULT sipHash64(profile_id),
        version UInt64`,
      version: 'version',
      order: '(project, person)',
    }),
    ...createProjectTable(place, {
      name: 'profiles',
      columns: `
        project UInt32,
        profile_id String,
        canonical UInt64 DEFAULT sipHash64(profile_id),
        external_id String,
        -- Names with dots lead into nested values.
        properties Map(String, String),
        numbers Map(String, Float64),
        -- Names of the numbers that were sent as text.
        numeric_texts Array(String),
        deleted Bool,
        version UInt64`,
      version: 'version',
      order: '(project, canonical)',
    }),
  ],
};
