import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What CALL_WEBHOOK steps want delivered, each attempt at it, and the secrets that sign it. */
export class Webhooks implements MigrationInterface {
  readonly name = 'Webhooks1000000000077';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_call (
        org_id uuid not null,
        id uuid not null,
        campaign_id uuid not null,
        step_id text not null,
        name text not null,
        url text not null,
        -- Both null once they are forgotten.
        sealed_headers bytea,
        payload jsonb,
        attempts integer not null default 0,
        next_attempt_at timestamptz,
        outcome smallint,
        created_at timestamptz not null,
        ended_at timestamptz,
        primary key (org_id, id),
        constraint webhook_call_once_key unique (org_id, campaign_id, step_id),
        constraint webhook_call_campaign_fkey foreign key (org_id, campaign_id) references campaign (org_id, id)
          on delete cascade,
        constraint webhook_call_end check ((outcome is null) = (ended_at is null)))`);
    await runner.query(`create index webhook_call_newest on webhook_call (org_id, created_at, id)`);
    await runner.query(
      `create index webhook_call_failed on webhook_call (org_id, created_at, id) where outcome = 2`,
    );
    await tenantTable(runner, 'webhook_call');
    await runner.query(`
      create table webhook_attempt (
        org_id uuid not null,
        call_id uuid not null,
        number integer not null,
        redelivery boolean not null,
        started_at timestamptz,
        duration_ms integer,
        status integer not null default 0,
        error text not null default '',
        answer text not null default '',
        primary key (org_id, call_id, number),
        constraint webhook_attempt_call_fkey foreign key (org_id, call_id) references webhook_call (org_id, id)
          on delete cascade)`);
    await tenantTable(runner, 'webhook_attempt');
    await runner.query(`
      create table webhook_secret (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        sealed_value bytea not null,
        hint text not null,
        created_at timestamptz not null,
        expires_at timestamptz,
        primary key (org_id, id))`);
    // One signs until another takes its place.
    await runner.query(
      `create unique index webhook_secret_newest on webhook_secret (org_id) where expires_at is null`,
    );
    await tenantTable(runner, 'webhook_secret');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
