import { type AnalyticsMigration, createProjectTable } from './project-table.js';

/**
 * Events. The sorting key is the whole identity of an event, so that a retried copy is the same row and reading with
 * FINAL counts it once.
 */
export const events: AnalyticsMigration = {
  name: '0001-events',
  statements: (place) =>
    createProjectTable(place, {
      name: 'events',
      columns: `
        project UInt32,
        kind LowCardinality(String),
        occur_time DateTime64(3, 'UTC'),
        -- Who did it, as a number: counting numbers costs a quarter of counting text. 0: no person.
        person UInt64 DEFAULT if(distinct_id = '', 0, sipHash64(distinct_id)),
        distinct_id String,
        -- '': of no session.
        session_id String,
        -- As a number, for the same reason: questions about sessions look for a window's among all others. 0: no session.
        session UInt64 DEFAULT if(session_id = '', 0, sipHash64(session_id)),
        event_id String,
        received_at DateTime64(3, 'UTC'),
        batch_id UUID,
        cookieless Bool,
        bot Bool,
        bot_score Nullable(UInt8),
        verified_bot Nullable(Bool),
        mobile Nullable(Bool),
        -- Automatic properties with a column of their own; '': missing.
        country LowCardinality(String),
        region LowCardinality(String),
        city LowCardinality(String),
        browser LowCardinality(String),
        browser_version LowCardinality(String),
        os LowCardinality(String),
        os_version LowCardinality(String),
        device LowCardinality(String),
        platform LowCardinality(String),
        url String,
        utm_source LowCardinality(String),
        utm_medium LowCardinality(String),
        utm_campaign LowCardinality(String),
        utm_term LowCardinality(String),
        utm_content LowCardinality(String),
        pathname String,
        hostname LowCardinality(String),
        referrer String,
        referrer_domain LowCardinality(String),
        channel LowCardinality(String),
        locale LowCardinality(String),
        screen_size LowCardinality(String),
        page_title String,
        -- Every other property as text, automatic ones ($…) and the caller's own in one map: their names cannot collide.
        properties Map(LowCardinality(String), String),
        -- The numeric reading of those that have one.
        numbers Map(LowCardinality(String), Float64),
        -- As what they were sent: 1 integer, 2 double, 3 boolean, 4 timestamp; absent: text.
        types Map(LowCardinality(String), UInt8),
        -- The first day on which the engine may delete the row; the default is the last day that the type knows.
        expires_on Date DEFAULT '2149-06-06'`,
      version: 'received_at',
      partition: 'toYYYYMM(occur_time)',
      order: '(project, kind, toDate(occur_time), person, occur_time, event_id)',
      ttl: 'expires_on',
      settings: [
        // PostgreSQL forgets an event once it is here: it must survive a power cut.
        'fsync_after_insert = 1, fsync_part_directory = 1',
        // A month that nothing has been added to for a day becomes one part, in which no copies are looked for: reading it
        // costs a tenth.
        'min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1',
      ].join(', '),
    }),
};
