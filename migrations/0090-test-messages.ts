import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Messages that were sent to try them out: in inboxes beside deliveries, and in nothing that counts deliveries. */
export class TestMessages implements MigrationInterface {
  readonly name = 'TestMessages1000000000090';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table test_message (
        org_id uuid not null,
        id uuid not null,
        -- One test, which is deleted at once.
        batch_id uuid not null,
        user_id uuid not null,
        sent_by uuid not null,
        -- Null for a test of a template.
        campaign_id uuid,
        step_id text not null,
        status smallint not null,
        content_id text not null,
        title text not null,
        body text not null,
        summary text not null,
        preview text not null,
        sender_name text not null,
        actions jsonb not null,
        locale text not null,
        critical boolean not null,
        created_at timestamptz not null,
        read_at timestamptz,
        changed_at timestamptz not null,
        primary key (org_id, id),
        constraint test_message_member_fkey foreign key (org_id, user_id) references member (org_id, id)
          on delete cascade)`);
    // Serves Sync, as delivery_inbox does.
    await runner.query(`create index test_message_inbox on test_message (org_id, user_id, changed_at)`);
    await runner.query(`create index test_message_batch on test_message (org_id, batch_id)`);
    await tenantTable(runner, 'test_message');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
