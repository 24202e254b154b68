import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Where an organization wants reminders and escalations posted to, and the secret that signs the posts. */
export class OrganizationWebhook implements MigrationInterface {
  readonly name = 'OrganizationWebhook1000000000087';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table organization_webhook (
        org_id uuid primary key references organization (id) on delete cascade,
        url text not null,
        enabled boolean not null,
        -- Null: there is no secret yet, and nothing is posted.
        sealed_secret bytea,
        created_at timestamptz not null,
        updated_at timestamptz not null)`);
    await tenantTable(runner, 'organization_webhook');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
