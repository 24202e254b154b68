import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Recordings of sessions of members, and their chunks, whose content is in the object store. See ADR 103. */
export class SessionRecordings implements MigrationInterface {
  readonly name = 'SessionRecordings1000000000098';

  async up(runner: QueryRunner): Promise<void> {
    // Of each organization that has recorded anything.
    await runner.query(`
      create table recording_setting (
        org_id uuid primary key references organization (id) on delete cascade,
        retention_days smallint not null)`);

    // The client chooses session_id, the server id: it leads nowhere else. The key encrypts the content: what is left of it in the
    // object store or in a backup of that cannot be read once the row is deleted. What the recorder's next chunk refers to is in
    // nodes_body. The times are those of the device, null until there are events; created_at is ours, and retention counts from it.
    await runner.query(`
      create table recording (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        user_id uuid not null,
        session_id uuid not null,
        campaign_id uuid,
        sealed_key bytea not null,
        nodes_body bytea not null default '',
        created_at timestamptz not null,
        started_at timestamptz,
        ended_at timestamptz,
        last_sequence integer not null default -1,
        chunks integer not null default 0,
        bytes integer not null default 0,
        stored_bytes integer not null default 0,
        activity jsonb not null default '{}',
        primary key (org_id, id),
        constraint recording_session_key unique (org_id, user_id, session_id))`);
    await tenantTable(runner, 'recording');
    // Serve ListSessionRecordings.
    await runner.query(`
      create index recording_newest on recording (org_id, started_at desc, id desc) where started_at is not null`);
    await runner.query(`
      create index recording_of_campaign on recording (org_id, campaign_id, started_at desc, id desc)
        where started_at is not null and campaign_id is not null`);
    // Serves the retention.
    await runner.query(`create index recording_oldest on recording (org_id, created_at)`);

    // The hash, of what was sent, is keyed with the key of the recording.
    await runner.query(`
      create table recording_chunk (
        org_id uuid not null,
        recording_id uuid not null,
        sequence integer not null,
        object_id uuid not null,
        content_hash bytea not null,
        screen text not null,
        started_at timestamptz,
        ended_at timestamptz,
        events integer not null,
        left_out integer not null,
        bytes integer not null,
        primary key (org_id, recording_id, sequence),
        constraint recording_chunk_recording_fkey foreign key (org_id, recording_id)
          references recording (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'recording_chunk');

    // Bytes in the object store, in shards: recorders of an organization do not wait for each other.
    await runner.query(`
      create table recording_use (
        org_id uuid not null references organization (id) on delete cascade,
        shard smallint not null,
        bytes bigint not null,
        primary key (org_id, shard)) with (fillfactor = 50)`);
    await tenantTable(runner, 'recording_use');

    // The job that looks for recordings whose time is over sees which organizations have some.
    await tenantTable(runner, 'recording_setting');
    const isRetention = `(select current_setting('app.lookup', true)) = 'replay:retention'`;
    for (const table of ['recording', 'recording_setting'])
      await runner.query(`create policy retention on ${table} for select using (${isRetention})`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
