import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** By whom the mail of an organization is sent. */
export class EmailProviders implements MigrationInterface {
  readonly name = 'EmailProviders1000000000069';

  async up(runner: QueryRunner): Promise<void> {
    // While mail does not leave: since when, and when admins were told.
    await runner.query(`
      create table email_provider (
        org_id uuid not null primary key references organization (id) on delete cascade,
        kind text not null check (kind in ('smtp', 'resend', 'sendgrid', 'postmark')),
        from_address text not null,
        reply_to text not null,
        sealed_settings bytea not null,
        updated_by uuid,
        updated_at timestamptz not null,
        failing_since timestamptz,
        reported_at timestamptz)`);
    await tenantTable(runner, 'email_provider');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
