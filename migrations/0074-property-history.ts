import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What the properties of profiles were, and what has set them. See docs/analytics.md. */
export class PropertyHistory implements MigrationInterface {
  readonly name = 'PropertyHistory1000000000074';

  async up(runner: QueryRunner): Promise<void> {
    // A row belongs to the profile whose ids told the value, also while that is part of another. `id` orders the rows of a
    // profile: they are written behind the lock of its row. A value that is null was removed, or has `omitted_bytes`.
    await runner.query(`
      create table property_change (
        org_id uuid not null,
        project integer not null,
        profile_id uuid not null,
        name text not null,
        id bigint generated always as identity,
        value jsonb,
        omitted_bytes integer,
        cause smallint not null,
        -- The import, or the merge.
        cause_id uuid,
        changed_at timestamptz not null,
        primary key (org_id, profile_id, name, id),
        foreign key (org_id, profile_id) references profile on delete cascade)`);
    // Serves the end of retention, and exports of a project.
    await runner.query(
      `create index property_change_of_project on property_change (org_id, project, changed_at, id)`,
    );
    await tenantTable(runner, 'property_change');
    const isRetention = `(select current_setting('app.lookup', true)) = 'profiles:retention'`;
    await runner.query(
      `create policy retention on property_change using (${isRetention}) with check (${isRetention})`,
    );
    await runner.query(`create policy retention on project for select using (${isRetention})`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
