import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What people asked about their data, and what became of it; how somebody is forgotten. */
export class PrivacyRequests implements MigrationInterface {
  readonly name = 'PrivacyRequests1000000000018';

  async up(runner: QueryRunner): Promise<void> {
    await this.requests(runner);
    await this.forgetting(runner);
  }

  private async requests(runner: QueryRunner): Promise<void> {
    // People by id only, and no reference: the record of a deletion outlives whom it is about.
    await runner.query(`
      create table privacy_request (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        kind text not null,
        user_id uuid,
        requested_by uuid not null,
        status smallint not null,
        anonymize boolean not null default false,
        fields text[] not null default '{}',
        reason text not null default '',
        attempts integer not null default 0,
        sealed_key bytea,
        status_before smallint,
        restricted_before timestamptz,
        scheduled_for timestamptz,
        created_at timestamptz not null,
        completed_at timestamptz,
        expires_at timestamptz,
        primary key (org_id, id),
        constraint privacy_request_kind check (kind in ('export', 'delete', 'rectify', 'restrict')))`);
    await tenantTable(runner, 'privacy_request');
    await runner.query(
      `create index privacy_request_newest on privacy_request (org_id, created_at desc, id desc)`,
    );
    // Serves the own requests of a member, and what is known about them.
    await runner.query(
      `create index privacy_request_user on privacy_request (org_id, user_id, created_at desc, id desc)`,
    );
    // One deletion of a person at a time, however many ask for it at once.
    await runner.query(`
      create unique index privacy_deletion_key on privacy_request (org_id, user_id)
        where kind = 'delete' and status in (1, 2)`);
    await runner.query(`alter table member add restricted_at timestamptz`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    await runner.query(`alter table member no force row level security`);
    await runner.query(`update member set restricted_at = updated_at where processing_restricted`);
    await runner.query(`alter table member force row level security`);
  }

  private async forgetting(runner: QueryRunner): Promise<void> {
    // Whoever is no member anywhere is forgotten with sessions, passkeys and codes. Row-level security hides other
    // organizations from the query, the foreign key does not: it refuses, with one code or the other by version.
    await runner.query(`
      create function forget_identity(gone uuid) returns void language plpgsql as $$
      declare address text;
      begin
        delete from identity where id = gone returning email into address;
        delete from sign_in_code where email = address;
        delete from captured_mail where recipient = address;
      exception when foreign_key_violation or restrict_violation then
        null;
      end $$`);
    // Consent stays evidence when the address of who gave it goes: nothing else about it can be changed.
    await runner.query(`
      create policy forget on privacy_consent as restrictive for update using (true) with check (actor_email = '')`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
