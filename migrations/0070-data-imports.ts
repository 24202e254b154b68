import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Imports into projects, and the pieces of their files, which are in the object store. See the ADR of imports. */
export class DataImports implements MigrationInterface {
  readonly name = 'DataImports1000000000070';

  async up(runner: QueryRunner): Promise<void> {
    // The id is the `batch_id` of its events.
    await runner.query(`
      create table data_import (
        org_id uuid not null,
        id uuid not null,
        project integer not null,
        project_id uuid not null,
        name text not null,
        state smallint not null,
        file_bytes bigint not null,
        uploaded_bytes bigint not null default 0,
        options jsonb not null,
        result jsonb,
        strict boolean not null default false,
        lines_read bigint not null default 0,
        events_stored bigint not null default 0,
        events_present bigint not null default 0,
        events_erased bigint not null default 0,
        lines_refused bigint not null default 0,
        profiles_known bigint not null default 0,
        attempts smallint not null default 0,
        error text not null default '',
        requested_by uuid,
        created_at timestamptz not null,
        started_at timestamptz,
        ended_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    await runner.query(
      `create index data_import_newest on data_import (org_id, project, created_at desc, id desc)`,
    );
    await runner.query(`
      create table data_import_piece (
        org_id uuid not null,
        import_id uuid not null,
        piece_offset bigint not null,
        bytes integer not null,
        digest text not null,
        primary key (org_id, import_id, piece_offset),
        foreign key (org_id, import_id) references data_import (org_id, id) on delete cascade)`);
    for (const table of ['data_import', 'data_import_piece']) await tenantTable(runner, table);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
