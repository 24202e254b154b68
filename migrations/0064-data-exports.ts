import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Exports of projects and of their persons. The files are in the object store. */
export class DataExports implements MigrationInterface {
  readonly name = 'DataExports1000000000064';

  async up(runner: QueryRunner): Promise<void> {
    // `distinct_id` is the person's, and is forgotten with the files.
    await runner.query(`
      create table data_export (
        org_id uuid not null,
        id uuid not null,
        project integer not null,
        subject smallint not null,
        format smallint not null,
        state smallint not null,
        distinct_id text,
        from_time timestamptz,
        to_time timestamptz,
        attempts smallint not null default 0,
        events_total bigint not null default 0,
        events_written bigint not null default 0,
        files jsonb not null default '[]',
        error text not null default '',
        requested_by uuid,
        created_at timestamptz not null,
        completed_at timestamptz,
        expires_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    await tenantTable(runner, 'data_export');
    await runner.query(
      `create index data_export_newest on data_export (org_id, project, created_at desc, id desc)`,
    );
    // The states PENDING and RUNNING: which one is made next.
    await runner.query(
      `create index data_export_open on data_export (org_id, created_at, id) where state in (1, 2)`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
