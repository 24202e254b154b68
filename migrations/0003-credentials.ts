import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Everything that proves who calls: signing keys, sign-in codes, sessions, API keys. Secrets only hashed or sealed. */
export class Credentials implements MigrationInterface {
  readonly name = 'Credentials1000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table signing_key (
        kid text primary key,
        status text not null check (status in ('current', 'next', 'previous')),
        public_jwk jsonb not null,
        sealed_private_key bytea not null,
        created_at timestamptz not null default now(),
        retired_at timestamptz)`);
    // One signer, one successor: rotation on two machines at once must not leave two.
    await runner.query(
      `create unique index signing_key_status_key on signing_key (status) where status in ('current', 'next')`,
    );

    await runner.query(`
      create table sign_in_code (
        id uuid primary key,
        email text not null,
        code_hash bytea not null,
        attempts integer not null default 0,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        consumed_at timestamptz)`);
    await runner.query(`create index sign_in_code_email on sign_in_code (email, created_at desc)`);

    await runner.query(`
      create table session (
        id uuid primary key,
        identity_id uuid not null references identity (id) on delete cascade,
        device_name text not null default '',
        address text not null default '',
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz)`);
    await runner.query(`create index session_identity on session (identity_id, created_at desc)`);

    // Whoever signs in accepts the invitations that wait for them, in whatever organizations; nothing else.
    await runner.query(`
      create policy accept_invitation on member for update
        using (identity_id = (select app_identity_id()) and status = 1)
        with check (identity_id = (select app_identity_id()) and status = 2)`);
    // A policy sees one version of the row: it cannot say that the rest, above all the role, stays as offered.
    await runner.query(`
      create function keep_invitation() returns trigger language plpgsql as $$
      begin
        if to_jsonb(new) - '{status,joined_at,updated_at}'::text[]
           is distinct from to_jsonb(old) - '{status,joined_at,updated_at}'::text[] then
          raise insufficient_privilege using message = 'an invitation is accepted as it stands';
        end if;
        return new;
      end $$`);
    await runner.query(`
      create trigger keep_invitation before update on member for each row
        when (app_identity_id() is not null and old.org_id is distinct from app_org_id())
        execute function keep_invitation()`);

    await runner.query(`
      create table refresh_token (
        token_hash bytea primary key,
        session_id uuid not null references session (id) on delete cascade,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz)`);
    await runner.query(`create index refresh_token_session on refresh_token (session_id)`);

    await runner.query(`
      create table api_key (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        name text not null,
        key_type smallint not null,
        key_hash bytea not null,
        key_prefix text not null,
        last_four text not null,
        permissions smallint[] not null,
        created_by uuid,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        primary key (org_id, id),
        constraint api_key_hash_key unique (key_hash))`);
    await tenantTable(runner, 'api_key');
    // A key is found by its hash before its organization is known: knowing the hash shows that one row.
    await runner.query(
      `create policy by_hash on api_key for select using (key_hash = (select app_api_key_hash()))`,
    );

    await runner.query(`
      create table audit_event (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        event_type text not null,
        actor_kind text not null,
        actor_id text not null default '',
        entity_type text not null default '',
        entity_id text not null default '',
        metadata jsonb not null default '{}',
        request_id text not null default '',
        created_at timestamptz not null default now(),
        primary key (org_id, id))`);
    await tenantTable(runner, 'audit_event');
    // Serves the trail, newest first.
    await runner.query(`create index audit_event_newest on audit_event (org_id, created_at desc, id desc)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
