import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** When campaigns are to start, and what has become of it. */
export class ScheduledStarts implements MigrationInterface {
  readonly name = 'ScheduledStarts1000000000079';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table scheduled_start (
        org_id uuid not null,
        campaign_id uuid not null,
        -- What the clocks of the zone show. A timestamp would be read in the zone of whoever reads it.
        wall_time text not null,
        zone text not null,
        starts_at timestamptz not null,
        local_time smallint not null,
        scheduler_kind text not null,
        scheduled_by uuid not null,
        scheduled_at timestamptz not null,
        state smallint not null,
        ended_at timestamptz,
        reason text not null default '',
        detail text not null default '',
        primary key (org_id, campaign_id),
        constraint scheduled_start_campaign_fkey foreign key (org_id, campaign_id) references campaign (org_id, id)
          on delete cascade,
        constraint scheduled_start_end check ((state = 1) = (ended_at is null)))`);
    await tenantTable(runner, 'scheduled_start');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
