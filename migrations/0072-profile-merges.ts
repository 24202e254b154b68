import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Merges of profiles, and what each profile is without them. See docs/analytics.md. */
export class ProfileMerges implements MigrationInterface {
  readonly name = 'ProfileMerges1000000000072';

  async up(runner: QueryRunner): Promise<void> {
    // What was told of a profile by ids of its own: null while nothing was merged into it.
    await runner.query(`alter table profile add column own_properties jsonb`);
    // The profile to which an id leads when nothing is merged: null while it is `profile_id`.
    await runner.query(`alter table profile_alias add column home_id uuid`);
    await runner.query(`
      create table profile_merge (
        org_id uuid not null,
        project integer not null,
        id uuid not null,
        profile_id uuid not null,
        into_profile_id uuid not null,
        merged_at timestamptz not null,
        undone_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade,
        foreign key (org_id, profile_id) references profile on delete cascade,
        foreign key (org_id, into_profile_id) references profile on delete cascade)`);
    await runner.query(`
      create unique index profile_merge_open on profile_merge (org_id, profile_id) where undone_at is null`);
    await runner.query(`create index profile_merge_of_project on profile_merge (org_id, project)`);
    await runner.query(`create index profile_merge_of_profile on profile_merge (org_id, profile_id)`);
    await runner.query(`create index profile_merge_into on profile_merge (org_id, into_profile_id)`);
    await tenantTable(runner, 'profile_merge');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
