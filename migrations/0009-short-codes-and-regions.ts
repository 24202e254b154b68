import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Short links, changes of region, passkeys; whose push token it is; who was left out of an audience; failing runs. */
export class ShortCodesAndRegions implements MigrationInterface {
  readonly name = 'ShortCodesAndRegions1000000000009';

  async up(runner: QueryRunner): Promise<void> {
    await this.shortCodes(runner);
    await this.members(runner);
    await this.devices(runner);
    await this.campaigns(runner);
  }

  private async shortCodes(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function app_short_code() returns text language sql stable parallel safe
        as $$ select nullif(current_setting('app.short_code', true), '') $$`);
    // Apart from campaign, so that knowing a code shows two ids and not the campaign.
    await runner.query(`
      create table campaign_short_code (
        org_id uuid not null,
        campaign_id uuid not null,
        code text not null,
        primary key (org_id, campaign_id),
        constraint campaign_short_code_key unique (code),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_short_code');
    // A link is followed before its organization is known: knowing the code shows that one row.
    await runner.query(
      `create policy by_code on campaign_short_code for select using (code = (select app_short_code()))`,
    );
  }

  private async members(runner: QueryRunner): Promise<void> {
    // Evidence: which region's rules held for a member, from when on.
    await runner.query(`
      create table member_region_change (
        org_id uuid not null,
        id uuid not null,
        user_id uuid not null,
        from_region text not null,
        to_region text not null,
        requested_at timestamptz not null,
        completed_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'member_region_change');
    await runner.query(`create index member_region_change_user on member_region_change (org_id, user_id)`);

    // A person's, not a member's: who signs in is asked before an organization is chosen.
    await runner.query(`
      create table webauthn_credential (
        credential_id bytea primary key,
        identity_id uuid not null references identity (id) on delete cascade,
        public_key bytea not null,
        sign_count bigint not null default 0,
        transports text[] not null default '{}',
        backup_eligible boolean not null default false,
        backed_up boolean not null default false,
        name text not null default '',
        created_at timestamptz not null,
        last_used_at timestamptz)`);
    await runner.query(`create index webauthn_credential_identity on webauthn_credential (identity_id)`);
  }

  private async devices(runner: QueryRunner): Promise<void> {
    // Null: an empty token, or one from before this column; the sealed token itself cannot be compared.
    await runner.query(`alter table device add push_token_hash bytea`);
    await runner.query(
      `create unique index device_push_token_key on device (org_id, push_token_hash) where active`,
    );
  }

  private async campaigns(runner: QueryRunner): Promise<void> {
    // Requested people whose processing was restricted when the audience was frozen.
    await runner.query(`
      create table campaign_left_out (
        org_id uuid not null,
        campaign_id uuid not null,
        user_id uuid not null,
        primary key (org_id, campaign_id, user_id),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_left_out');

    // Failures in a row of the piece of work at hand.
    await runner.query(`
      alter table campaign_run add failures integer not null default 0, add failing_since timestamptz`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
