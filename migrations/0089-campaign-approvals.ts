import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Approvals of campaigns by a second person, and starts that are bound to a content. */
export class CampaignApprovals implements MigrationInterface {
  readonly name = 'CampaignApprovals1000000000089';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table organization add column campaign_approval_required boolean not null default false`,
    );
    // Who changed the content last, a member or an API key; empty: unchanged since it was created.
    await runner.query(`alter table campaign add column edited_by text not null default ''`);
    await runner.query(`
      create table campaign_approval (
        org_id uuid not null,
        campaign_id uuid not null,
        -- The content, as a SHA-256 in hexadecimal.
        digest text not null,
        -- Null once the member was erased.
        requested_by uuid,
        requested_at timestamptz not null,
        note text not null,
        state smallint not null,
        decided_by uuid,
        decided_at timestamptz,
        comment text not null default '',
        primary key (org_id, campaign_id),
        constraint campaign_approval_campaign_fkey foreign key (org_id, campaign_id) references campaign (org_id, id)
          on delete cascade,
        constraint campaign_approval_decision check ((state = 1) = (decided_at is null)))`);
    // Serves the list of what waits for a decision.
    await runner.query(`
      create index campaign_approval_waiting on campaign_approval (org_id, requested_at, campaign_id)
        where state = 1`);
    await tenantTable(runner, 'campaign_approval');
    // Null: scheduled before starts were bound to a content.
    await runner.query(`alter table scheduled_start add column digest text`);
    await runner.query(
      `create index scheduled_start_by_time on scheduled_start (org_id, starts_at, campaign_id)`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
