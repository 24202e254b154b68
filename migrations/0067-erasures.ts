import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Erasures of people of projects: the ledger of requests, and the ids whose events are refused since. See docs/privacy.md. */
export class Erasures implements MigrationInterface {
  readonly name = 'Erasures1000000000067';

  async up(runner: QueryRunner): Promise<void> {
    // `project` is the project's number in the analytics store. The ids are what the erasure has to reach, fixed when it is
    // requested and forgotten when it is confirmed. Status: 1 pending, 2 processing, 3 completed, 4 failed.
    await runner.query(`
      create table erasure_request (
        org_id uuid not null,
        project integer not null,
        id uuid not null,
        external_id text,
        profile_id text,
        status smallint not null,
        profile_ids uuid[] not null,
        distinct_ids text[] not null,
        returning_ids text[] not null,
        queued_events integer not null default 0,
        events_identified bigint,
        attempts smallint not null default 0,
        error text,
        requested_at timestamptz not null,
        completed_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    // Goes with its project; a request looks for open ones of the same person.
    await runner.query(
      `create index erasure_request_of_project on erasure_request (org_id, project, status)`,
    );
    // The hash is the beginning of SHA-256 of the project and the id.
    await runner.query(`
      create table erased_id (
        org_id uuid not null,
        project integer not null,
        id_hash uuid not null,
        returns_after timestamptz,
        erased_at timestamptz not null,
        primary key (org_id, project, id_hash),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    for (const table of ['erasure_request', 'erased_id']) await tenantTable(runner, table);
    const isDrain = `(select current_setting('app.lookup', true)) = 'ingest_queue:drain'`;
    await runner.query(`create policy drain on erased_id for select using (${isDrain})`);
    // Also of profiles that were deleted: an erasure finds all that had the id.
    await runner.query(`create index profile_of_external_id on profile (org_id, project, external_id)`);
    await runner.query(
      `create index ingest_dead_letter_of_project on ingest_dead_letter (org_id, project, id)`,
    );
    await runner.query(`create index ingest_batch_of_project on ingest_batch (org_id, project, id)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
