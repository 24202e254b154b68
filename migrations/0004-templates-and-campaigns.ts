import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** From template to ledger: versions, campaigns with their frozen audience, deliveries, inboxes, devices. */
export class TemplatesAndCampaigns implements MigrationInterface {
  readonly name = 'TemplatesAndCampaigns1000000000004';

  async up(runner: QueryRunner): Promise<void> {
    await this.templates(runner);
    await this.campaigns(runner);
    await this.deliveries(runner);
    await this.devices(runner);
  }

  private async templates(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table template (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        name text not null,
        title text not null default '',
        type smallint not null,
        source_locale text not null,
        latest_version integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (org_id, id))`);
    await tenantTable(runner, 'template');
    await runner.query(`create index template_newest on template (org_id, created_at desc, id desc)`);

    await runner.query(`
      create table template_version (
        org_id uuid not null,
        template_id uuid not null,
        version integer not null,
        body text not null,
        variables jsonb not null default '[]',
        created_by text not null default '',
        created_at timestamptz not null default now(),
        primary key (org_id, template_id, version),
        foreign key (org_id, template_id) references template (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'template_version');
  }

  private async campaigns(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table campaign (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        name text not null,
        template_id uuid not null,
        template_version integer not null,
        sender_name text not null default '',
        title text not null default '',
        status smallint not null,
        workflow jsonb not null,
        critical boolean not null default false,
        include_restricted boolean not null default false,
        wait_for_enrollment boolean not null default false,
        default_locale text not null default '',
        originating_archetype jsonb,
        objective_ids uuid[] not null default '{}',
        synthetic boolean not null default false,
        audience_snapshot_ref uuid not null,
        audience_size integer not null,
        created_by text not null default '',
        created_at timestamptz not null default now(),
        started_at timestamptz,
        completed_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, template_id, template_version)
          references template_version (org_id, template_id, version) on delete restrict)`);
    await tenantTable(runner, 'campaign');
    await runner.query(`create index campaign_newest on campaign (org_id, created_at desc, id desc)`);

    await runner.query(`
      create table campaign_audience_member (
        org_id uuid not null,
        campaign_id uuid not null,
        position integer not null,
        user_id uuid not null,
        variables jsonb not null default '{}',
        primary key (org_id, campaign_id, position),
        constraint campaign_audience_member_user_key unique (org_id, campaign_id, user_id),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_audience_member');

    // Where a running campaign stands. Apart from campaign, so that progress does not rewrite that row.
    await runner.query(`
      create table campaign_run (
        org_id uuid not null,
        campaign_id uuid not null,
        step_id text not null,
        entered_at timestamptz not null,
        wake_at timestamptz,
        cursor integer not null default 0,
        primary key (org_id, campaign_id),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_run');

    // Counted in shards: a thousand people who acknowledge at once must not queue for one row.
    await runner.query(`
      create table campaign_counter (
        org_id uuid not null,
        campaign_id uuid not null,
        shard smallint not null,
        recipients integer not null default 0,
        acknowledged integer not null default 0,
        missed integer not null default 0,
        primary key (org_id, campaign_id, shard),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_counter');
  }

  private async deliveries(runner: QueryRunner): Promise<void> {
    // Rendered content, stored once per distinct text: a message without personal values is one row for all.
    await runner.query(`
      create table message (
        org_id uuid not null references organization (id) on delete cascade,
        content_id text not null,
        title text not null,
        body text not null,
        summary text not null,
        preview text not null,
        sender_name text not null,
        actions jsonb not null,
        locale text not null,
        primary key (org_id, content_id))`);
    await tenantTable(runner, 'message');

    await runner.query(`
      create table delivery (
        org_id uuid not null,
        id uuid not null,
        campaign_id uuid not null,
        step_id text not null,
        user_id uuid not null,
        kind smallint not null,
        status smallint not null,
        parent_delivery_id uuid,
        content_id text,
        critical boolean not null default false,
        rendered_locale text not null default '',
        failure text not null default '',
        synthetic boolean not null default false,
        created_at timestamptz not null,
        sent_at timestamptz,
        delivered_at timestamptz,
        read_at timestamptz,
        acted_at timestamptz,
        changed_at timestamptz not null,
        primary key (org_id, id),
        constraint delivery_once_key unique (org_id, campaign_id, step_id, user_id, kind),
        constraint delivery_campaign_fkey foreign key (org_id, campaign_id) references campaign (org_id, id)
          on delete cascade,
        constraint delivery_message_fkey foreign key (org_id, content_id) references message (org_id, content_id)
          on delete restrict)`);
    await tenantTable(runner, 'delivery');
    // Serves Sync: a user's entries by change time.
    await runner.query(
      `create index delivery_inbox on delivery (org_id, user_id, changed_at) where content_id is not null`,
    );
    // Serves ListDeliveries, without and with a status filter.
    await runner.query(
      `create index delivery_newest on delivery (org_id, campaign_id, created_at desc, id desc)`,
    );
    await runner.query(
      `create index delivery_status_newest on delivery (org_id, campaign_id, status, created_at desc, id desc)`,
    );

    // One row a user: the clock of their inbox. Whoever changes a delivery locks it first, so that change times
    // of one inbox are unique, rising, and never committed out of order: Sync's cursor depends on it.
    await runner.query(`
      create table inbox (
        org_id uuid not null,
        user_id uuid not null,
        changed_at timestamptz not null,
        primary key (org_id, user_id))`);
    await tenantTable(runner, 'inbox');
  }

  private async devices(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table device (
        org_id uuid not null,
        device_id uuid not null,
        user_id uuid not null,
        platform smallint not null,
        sealed_push_token bytea not null,
        active boolean not null default true,
        last_seen timestamptz not null,
        created_at timestamptz not null,
        primary key (org_id, device_id),
        constraint device_member_fkey foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'device');
    await runner.query(`create index device_user on device (org_id, user_id, created_at)`);

    // Pushes that would leave for a provider; captured until providers are configured.
    await runner.query(`
      create table push_outbox (
        org_id uuid not null,
        delivery_id uuid not null,
        device_id uuid not null,
        created_at timestamptz not null,
        primary key (org_id, delivery_id, device_id),
        foreign key (org_id, delivery_id) references delivery (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'push_outbox');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
