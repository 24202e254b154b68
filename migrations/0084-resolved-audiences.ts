import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What audiences were resolved from, and who was left out of them. */
export class ResolvedAudiences implements MigrationInterface {
  readonly name = 'ResolvedAudiences1000000000084';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table campaign_audience_source (
        org_id uuid not null,
        campaign_id uuid not null,
        place integer not null,
        kind smallint not null,
        excludes boolean not null,
        -- The group, team or rule, which may be deleted by now; null for a list of members and for a file.
        source_id uuid,
        name text not null,
        primary key (org_id, campaign_id, place),
        constraint campaign_audience_source_campaign_fkey foreign key (org_id, campaign_id)
          references campaign (org_id, id) on delete cascade)`);
    // Serves the campaigns that a rule is used by.
    await runner.query(`
      create index campaign_audience_source_rule on campaign_audience_source (org_id, source_id) where kind = 4`);
    await tenantTable(runner, 'campaign_audience_source');
    await runner.query(`
      create table campaign_audience_omission (
        org_id uuid not null,
        campaign_id uuid not null,
        number integer not null,
        -- Null: a row of a file that names nobody whom the organization knows.
        user_id uuid,
        reason smallint not null,
        place integer not null,
        file_row integer not null default 0,
        primary key (org_id, campaign_id, number),
        constraint campaign_audience_omission_campaign_fkey foreign key (org_id, campaign_id)
          references campaign (org_id, id) on delete cascade)`);
    // Serves the erasure and the export of a member.
    await runner.query(`
      create index campaign_audience_omission_user on campaign_audience_omission (org_id, user_id)
        where user_id is not null`);
    await tenantTable(runner, 'campaign_audience_omission');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
