import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** The people of projects, and every id that leads to one. See ADR 73. */
export class Profiles implements MigrationInterface {
  readonly name = 'Profiles1000000000056';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table project add constraint project_org_number_key unique (org_id, number)`);
    // `project` is the project's number in the analytics store. `version` only grows: microseconds of the epoch, so that it
    // also does after a restore of an older backup.
    await runner.query(`
      create table profile (
        org_id uuid not null,
        project integer not null,
        id uuid not null,
        external_id text not null,
        properties jsonb not null,
        merged_into uuid,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        deleted_at timestamptz,
        version bigint not null,
        is_mirrored boolean not null,
        primary key (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    // Goes with its project.
    await runner.query(`create index profile_of_project on profile (org_id, project)`);
    await runner.query(`
      create unique index profile_external_id_key on profile (org_id, project, external_id)
       where merged_into is null and deleted_at is null`);
    await runner.query(
      `create index profile_merged_into on profile (org_id, merged_into) where merged_into is not null`,
    );
    // An alias leads straight to the profile that is left of all merges. The ids of a profile itself, also of a merged one,
    // name a profile.
    await runner.query(`
      create table profile_alias (
        org_id uuid not null,
        project integer not null,
        alias text not null,
        profile_id uuid not null,
        names_profile boolean not null,
        version bigint not null,
        is_mirrored boolean not null,
        primary key (org_id, project, alias),
        foreign key (org_id, profile_id) references profile on delete cascade)`);
    await runner.query(`create index profile_alias_of_profile on profile_alias (org_id, profile_id)`);
    for (const table of ['profile', 'profile_alias']) {
      await runner.query(
        `create index ${table}_to_mirror on ${table} (org_id, version) where not is_mirrored`,
      );
      await tenantTable(runner, table);
      const isMirror = `(select current_setting('app.lookup', true)) = 'profiles:mirror'`;
      await runner.query(`create policy mirror on ${table} using (${isMirror}) with check (${isMirror})`);
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
