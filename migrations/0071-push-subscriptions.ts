import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Where pushes to the people of projects go. */
export class PushSubscriptions implements MigrationInterface {
  readonly name = 'PushSubscriptions1000000000071';

  async up(runner: QueryRunner): Promise<void> {
    // `project` is the project's number in the analytics store. `distinct_id` leads to a profile as the ids of events do.
    await runner.query(`
      create table push_subscription (
        org_id uuid not null,
        project integer not null,
        device_id text not null,
        -- Orders the devices of an export.
        id uuid not null default gen_random_uuid(),
        distinct_id text not null,
        platform text not null check (platform in ('android', 'ios', 'web')),
        sealed_token bytea not null,
        token_hash bytea not null,
        properties jsonb not null,
        active boolean not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        primary key (org_id, project, device_id),
        unique (org_id, id),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    await runner.query(`
      create unique index push_subscription_token on push_subscription (org_id, project, token_hash) where active`);
    await runner.query(`
      create index push_subscription_of_person on push_subscription (org_id, project, distinct_id, changed_at)`);
    await tenantTable(runner, 'push_subscription');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
