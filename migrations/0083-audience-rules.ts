import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Saved rules, by which members are put into audiences. */
export class AudienceRules implements MigrationInterface {
  readonly name = 'AudienceRules1000000000083';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audience_rule (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        name text not null,
        name_key text not null,
        condition jsonb not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, id),
        constraint audience_rule_name_key unique (org_id, name_key))`);
    await runner.query(`create index audience_rule_newest on audience_rule (org_id, created_at, id)`);
    await tenantTable(runner, 'audience_rule');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
