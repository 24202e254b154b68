import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** The service accounts by which push messages of projects are sent. */
export class PushAccounts implements MigrationInterface {
  readonly name = 'PushAccounts1000000000063';

  async up(runner: QueryRunner): Promise<void> {
    // `shown` is the account without its private key.
    await runner.query(`
      create table project_push_account (
        org_id uuid not null,
        project_id uuid not null,
        shown text not null,
        sealed_account bytea not null,
        updated_by uuid,
        updated_at timestamptz not null,
        primary key (org_id, project_id),
        constraint project_push_account_project_fkey foreign key (org_id, project_id)
          references project (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'project_push_account');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
