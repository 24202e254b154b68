import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** The keys that sign tokens of links, each with its version. */
export class DeeplinkKeys implements MigrationInterface {
  readonly name = 'DeeplinkKeys1000000000019';

  async up(runner: QueryRunner): Promise<void> {
    // A retired key is forgotten; that there was one tells its tokens from forged ones.
    await runner.query(`
      create table deeplink_key (
        org_id uuid not null references organization (id) on delete cascade,
        version integer not null,
        sealed_key bytea,
        created_at timestamptz not null,
        replaced_at timestamptz,
        primary key (org_id, version))`);
    await tenantTable(runner, 'deeplink_key');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
