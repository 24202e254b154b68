import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What happens to deliveries becomes events of a project, where an organization wants that. See ADR 106. */
export class CampaignFeed implements MigrationInterface {
  readonly name = 'CampaignFeed1000000000102';

  async up(runner: QueryRunner): Promise<void> {
    await this.projects(runner);
    await this.events(runner);
    await this.triggers(runner);
  }

  private async projects(runner: QueryRunner): Promise<void> {
    // The project that the server makes for the events of campaigns: one of an organization.
    await runner.query(`alter table project add column built_in boolean not null default false`);
    await runner.query(`create unique index project_built_in on project (org_id) where built_in`);
    // A row: the organization wants the events, in this project.
    await runner.query(`
      create table campaign_feed (
        org_id uuid primary key references organization (id) on delete cascade,
        project_id uuid not null,
        changed_at timestamptz not null,
        constraint campaign_feed_project_fkey foreign key (org_id, project_id) references project (org_id, id)
          on delete restrict)`);
    await tenantTable(runner, 'campaign_feed');
    // Where an erasure looks for the events of a member: also in projects that get none any more.
    await runner.query(`
      create table campaign_feed_project (
        org_id uuid not null,
        project_id uuid not null,
        primary key (org_id, project_id),
        constraint campaign_feed_project_project_fkey foreign key (org_id, project_id)
          references project (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_feed_project');
  }

  /** Lives for a second: it says which deliveries, and nothing of their recipients. */
  private async events(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table delivery_event (
        org_id uuid not null,
        id bigint not null generated always as identity,
        kind text not null,
        -- Of what a later step did about the deliveries; empty otherwise.
        step_id text not null default '',
        round smallint not null default 0,
        at timestamptz not null,
        delivery_ids uuid[] not null,
        primary key (org_id, id)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`);
    await tenantTable(runner, 'delivery_event');
    // The worker finds the organizations for which something waits.
    await runner.query(`
      create policy waiting on delivery_event for select
        using ((select current_setting('app.lookup', true)) = 'delivery_events:waiting')`);
  }

  /** One row for each statement, whatever has written it, and none where the organization wants no events. */
  private async triggers(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function note_sent_deliveries() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
      begin
        if exists (select from campaign_feed where org_id = app_org_id()) then
          insert into delivery_event (org_id, kind, at, delivery_ids)
          select org_id, 'sent', created_at, array_agg(id) from written
           where content_id is not null and not synthetic
           group by org_id, created_at;
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger delivery_sent after insert on delivery referencing new table as written
        for each statement execute function note_sent_deliveries()`);
    // A connection plans the join once, often for the one row of an acknowledgement: as a nested loop it would compare each of a
    // thousand missed messages with all others.
    await runner.query(`
      create function note_changed_deliveries() returns trigger language plpgsql
        set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $$
      begin
        if exists (select from campaign_feed where org_id = app_org_id()) then
          insert into delivery_event (org_id, kind, at, delivery_ids)
          select n.org_id, e.kind, e.at, array_agg(n.id)
            from after_change n
            join before_change o on o.org_id = n.org_id and o.id = n.id
           cross join lateral (values
             ('delivered', o.delivered_at, n.delivered_at), ('read', o.read_at, n.read_at),
             ('acknowledged', o.acted_at, n.acted_at), ('missed', o.missed_at, n.missed_at)) e (kind, was, at)
           where e.was is null and e.at is not null and not n.synthetic
           group by n.org_id, e.kind, e.at;
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger delivery_changed after update on delivery
        referencing old table as before_change new table as after_change
        for each statement execute function note_changed_deliveries()`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
