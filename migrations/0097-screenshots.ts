import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Pictures behind heat maps. See ADR 102. */
export class Screenshots implements MigrationInterface {
  readonly name = 'Screenshots1000000000097';

  async up(runner: QueryRunner): Promise<void> {
    // The id names the file in the object store. Who uploaded it is not kept.
    await runner.query(`
      create table screenshot (
        org_id uuid not null references organization (id) on delete cascade,
        screen_name text not null,
        app_version text not null,
        id uuid not null,
        uploaded_at timestamptz not null,
        primary key (org_id, screen_name, app_version))`);
    await tenantTable(runner, 'screenshot');
    // Serves the deletion of the oldest ones, and whether a file is still in use.
    await runner.query(`create index screenshot_oldest on screenshot (org_id, uploaded_at)`);
    await runner.query(`create index screenshot_file on screenshot (org_id, id)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
