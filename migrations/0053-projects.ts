import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Projects, the keys of their programs, and what is left of a deleted project until its events are deleted, too. */
export class Projects implements MigrationInterface {
  readonly name = 'Projects1000000000053';

  async up(runner: QueryRunner): Promise<void> {
    // The number names the project in the analytics store, where it is an unsigned 32-bit number; the sequence gives
    // none a second time.
    await runner.query(`
      create table project (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        number integer not null generated always as identity,
        name text not null,
        name_key text not null,
        zone text not null default 'UTC',
        retention_days integer check (retention_days > 0),
        merge_identities boolean not null default false,
        events_per_second integer check (events_per_second > 0),
        ingest_path text not null default '',
        created_by uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (org_id, id),
        constraint project_id_key unique (id),
        constraint project_number_key unique (number),
        constraint project_name_key unique (org_id, name_key))`);
    await tenantTable(runner, 'project');
    // A call names its project, and the project its organization: knowing the id shows that one row.
    await runner.query(
      `create policy by_id on project for select using (id = (select app_lookup('project')::uuid))`,
    );

    await runner.query(`
      create table project_key (
        org_id uuid not null,
        project_id uuid not null,
        id uuid not null,
        name text not null default '',
        family text not null check (family in ('sdk', 'shared', 'public', 'private')),
        key_hash bytea not null,
        sealed_key bytea,
        last_four text not null,
        created_by uuid,
        created_at timestamptz not null default now(),
        revoked_at timestamptz,
        last_used_at timestamptz,
        primary key (org_id, id),
        constraint project_key_hash_key unique (key_hash),
        constraint project_key_project_fkey foreign key (org_id, project_id)
          references project (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'project_key');
    await runner.query(
      `create policy by_hash on project_key for select using (key_hash = (select app_api_key_hash()))`,
    );
    // Serves the list of a project, oldest first, and the deletion of the project.
    await runner.query(`create index project_key_oldest on project_key (org_id, project_id, created_at, id)`);

    // Of no tenant: it outlives the organization, whose deletion takes the project without asking a service.
    await runner.query(`
      create table deleted_project (
        number integer primary key,
        deleted_at timestamptz not null,
        erased_at timestamptz)`);
    await runner.query(
      `create index deleted_project_pending on deleted_project (deleted_at) where erased_at is null`,
    );
    await runner.query(`
      create function note_deleted_project() returns trigger language plpgsql as $$
      begin
        insert into deleted_project (number, deleted_at) values (old.number, now());
        return null;
      end $$`);
    await runner.query(`
      create trigger note_deleted_project after delete on project for each row
        execute function note_deleted_project()`);

    await runner.query(`alter table organization add ingest_events_per_second integer
      check (ingest_events_per_second > 0)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
