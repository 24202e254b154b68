import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Copies of a recipient's message for others: what ends them, how they count, and who was not told. */
export class Copies implements MigrationInterface {
  readonly name = 'Copies1000000000078';

  async up(runner: QueryRunner): Promise<void> {
    // When the acknowledgement of the recipient settled a copy; acted_at stays empty, as nobody acted on it.
    await runner.query(`alter table delivery add column dismissed_at timestamptz`);
    // Serves the copies of a message, when it is acknowledged or erased.
    await runner.query(
      `create index delivery_parent on delivery (org_id, parent_delivery_id) where parent_delivery_id is not null`,
    );
    await runner.query(`alter table campaign_counter add column copies integer not null default 0`);
    await runner.query(`alter table campaign_run add column copies integer not null default 0`);
    // Null: the recipient of the delivery. Otherwise who is alerted about them, without a copy of their own.
    await runner.query(`alter table push_outbox add column user_id uuid`);
    await runner.query(
      `create index push_outbox_user on push_outbox (org_id, user_id) where user_id is not null`,
    );
    await runner.query(`
      create table delivery_skip (
        org_id uuid not null,
        id uuid not null,
        campaign_id uuid not null,
        step_id text not null,
        round smallint not null,
        delivery_id uuid,
        user_id uuid,
        reason smallint not null,
        channel smallint not null default 0,
        amount integer not null default 1,
        created_at timestamptz not null,
        primary key (org_id, id),
        constraint delivery_skip_once_key unique nulls not distinct
          (org_id, campaign_id, step_id, round, delivery_id, user_id, reason, channel),
        constraint delivery_skip_campaign_fkey foreign key (org_id, campaign_id) references campaign (org_id, id)
          on delete cascade)`);
    await tenantTable(runner, 'delivery_skip');
    // Serve the timeline of a delivery, and the erasure of a person.
    await runner.query(
      `create index delivery_skip_delivery on delivery_skip (org_id, delivery_id) where delivery_id is not null`,
    );
    await runner.query(
      `create index delivery_skip_user on delivery_skip (org_id, user_id) where user_id is not null`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
