import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/**
 * Accepted batches of events on their way to the analytics store, and those that it refused. A call sees and writes the
 * rows of its organization only; the worker's drain and the operator's commands find those of all. See ADR 74.
 */
export class IngestQueue implements MigrationInterface {
  readonly name = 'IngestQueue1000000000055';

  async up(runner: QueryRunner): Promise<void> {
    // `project` is the project's number in the analytics store. No foreign key: it would lock the project's row at every
    // request.
    await runner.query(`
      create table ingest_batch (
        org_id uuid not null,
        id uuid not null,
        project integer not null,
        received_at timestamptz not null,
        events integer not null check (events > 0),
        raw_octets integer not null,
        months smallint[] not null,
        layout smallint not null,
        attempts smallint not null default 0,
        retry_at timestamptz,
        body bytea not null,
        primary key (org_id, id)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
              toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 2000)`);
    await runner.query(`
      create table ingest_dead_letter (
        org_id uuid not null,
        id uuid not null,
        project integer not null,
        received_at timestamptz not null,
        events integer not null,
        raw_octets integer not null,
        months smallint[] not null,
        layout smallint not null,
        failed_at timestamptz not null,
        error text not null,
        body bytea not null,
        primary key (org_id, id))`);
    // The drain takes the oldest, whose they may be.
    await runner.query(`create index ingest_batch_oldest on ingest_batch (id)`);
    // The time that the server gave to an event which came with an id and without a time, so that a retry of the request
    // makes the same event. The hash is the beginning of SHA-256 of the id.
    await runner.query(`
      create table event_time (
        org_id uuid not null,
        project integer not null,
        event_hash uuid not null,
        occur_time timestamptz not null,
        noted_at timestamptz not null,
        primary key (org_id, project, event_hash))`);
    await runner.query(`create index event_time_oldest on event_time (noted_at)`);
    for (const table of ['ingest_batch', 'ingest_dead_letter', 'event_time']) {
      await tenantTable(runner, table);
      const isDrain = `(select current_setting('app.lookup', true)) = 'ingest_queue:drain'`;
      await runner.query(`create policy drain on ${table} using (${isDrain}) with check (${isDrain})`);
    }
    for (const table of ['ingest_batch', 'ingest_dead_letter'])
      // The body is compressed already.
      await runner.query(`alter table ${table} alter body set storage external`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
