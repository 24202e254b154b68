import { type AnalyticsMigration, createProjectTable } from './project-table.js';

/**
 * Touches of an organization's members, by cohort and never by person. `project` is the number of the organization's heat
 * maps: such numbers begin where those of projects end.
 */
export const touches: AnalyticsMigration = {
  name: '0004-touches',
  statements: (place) =>
    createProjectTable(place, {
      name: 'touches',
      columns: `
        project UInt32,
        screen LowCardinality(String),
        -- Of the receipt, UTC. Nothing finer is kept of the time.
        day Date,
        -- A random number, by which copies of a touch are one. No other row has it, so that it joins nothing.
        touch UInt64,
        -- '': on no campaign.
        campaign LowCardinality(String),
        kind UInt8,
        -- The cell of the finest grid, 0 to 199 across and down.
        x UInt8,
        y UInt8,
        bucket UInt16,
        -- When the salt was made by which the bucket was found, in seconds of the epoch: buckets of two salts are not compared.
        salted_at UInt32,
        expires_on Date`,
      partition: 'toYYYYMM(day)',
      order: '(project, screen, day, touch)',
      ttl: 'expires_on',
      settings: [
        // PostgreSQL forgets a touch once it is here: it must survive a power cut.
        'fsync_after_insert = 1, fsync_part_directory = 1',
        'min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1',
      ].join(', '),
    }),
};
