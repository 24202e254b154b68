import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Domains, connections to identity providers, the logins through them, and their enforcement. */
export class SingleSignOn implements MigrationInterface {
  readonly name = 'SingleSignOn1000000000014';

  async up(runner: QueryRunner): Promise<void> {
    await this.lookup(runner);
    await this.domains(runner);
    await this.connections(runner);
    await this.logins(runner);
    await this.enforcement(runner);
  }

  /** One setting for every kind of public name: another kind costs a call nothing. */
  private async lookup(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function app_lookup(kind text) returns text language sql stable parallel safe as $$
        select case when starts_with(current_setting('app.lookup', true), kind || ':')
          then substr(current_setting('app.lookup', true), length(kind) + 2) end $$`);
    await runner.query(`
      create or replace function app_short_code() returns text language sql stable parallel safe
        as $$ select app_lookup('short_code') $$`);
  }

  private async domains(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sso_domain (
        org_id uuid not null references organization (id) on delete cascade,
        name text not null,
        challenge text not null,
        verified_at timestamptz,
        created_at timestamptz not null,
        primary key (org_id, name),
        constraint sso_domain_lower check (name = lower(name)))`);
    await tenantTable(runner, 'sso_domain');
    // Many may claim a domain; one has proven it.
    await runner.query(
      `create unique index sso_domain_owner_key on sso_domain (name) where verified_at is not null`,
    );
    await runner.query(`
      create policy by_name on sso_domain for select
        using (verified_at is not null and name = (select app_lookup('sso_domain')))`);
  }

  private async connections(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sso_connection (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        name text not null,
        provider_name text not null,
        protocol smallint not null,
        state smallint not null,
        contract_domain text,
        saml jsonb,
        idp jsonb,
        fetched_at timestamptz,
        attempted_at timestamptz,
        next_fetch_at timestamptz,
        last_error text not null default '',
        warned jsonb not null default '{}',
        oidc jsonb,
        sealed_client_secret bytea,
        provisioning jsonb not null,
        ceiling smallint[] not null,
        activated_at timestamptz,
        created_by uuid,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, id),
        constraint sso_connection_provider_key unique (provider_name))`);
    await tenantTable(runner, 'sso_connection');
    await runner.query(
      `create policy by_id on sso_connection for select using (id = (select app_lookup('sso_connection')::uuid))`,
    );
    await runner.query(`
      create policy by_provider on sso_connection for select
        using (provider_name = (select app_lookup('sso_provider')))`);
    // Serves the look-up by id alone.
    await runner.query(`create index sso_connection_id on sso_connection (id)`);
    // pidgr.v1 knows one provider per organization.
    await runner.query(`
      create unique index sso_connection_contract_key on sso_connection (org_id) where contract_domain is not null`);

    await runner.query(`
      create table sso_sp_key (
        org_id uuid not null,
        connection_id uuid not null,
        id uuid not null,
        status text not null check (status in ('current', 'next')),
        certificate text not null,
        sealed_private_key bytea not null,
        created_at timestamptz not null,
        primary key (org_id, connection_id, id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_sp_key');
    await runner.query(
      `create unique index sso_sp_key_status_key on sso_sp_key (org_id, connection_id, status)`,
    );
  }

  private async logins(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sso_login (
        org_id uuid not null,
        id uuid not null,
        connection_id uuid not null,
        request_id text,
        test boolean not null,
        idp_initiated boolean not null,
        requested_by uuid,
        redirect_uri text not null default '',
        client_state text not null default '',
        code_challenge text not null default '',
        sealed_flow bytea,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        answered_at timestamptz,
        outcome smallint not null,
        reason text not null default '',
        detail text not null default '',
        email text not null default '',
        subject text not null default '',
        subject_format text not null default '',
        subject_qualifiers text[] not null default '{}',
        session_index text not null default '',
        session_ends_at timestamptz,
        user_id uuid,
        identity_id uuid,
        role_slug text not null default '',
        attributes jsonb not null default '{}',
        groups text[] not null default '{}',
        address text not null default '',
        completed_at timestamptz,
        code_hash bytea,
        code_expires_at timestamptz,
        session_id uuid,
        primary key (org_id, id),
        constraint sso_login_request_key unique (org_id, connection_id, request_id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_login');
    // Serves the trace, newest first.
    await runner.query(`create index sso_login_newest on sso_login (org_id, created_at desc, id desc)`);
    // Serves a logout that the provider asks for.
    await runner.query(
      `create index sso_login_subject on sso_login (org_id, connection_id, subject) where session_id is not null`,
    );

    await runner.query(`
      create table sso_assertion (
        org_id uuid not null,
        connection_id uuid not null,
        assertion_hash bytea not null,
        expires_at timestamptz not null,
        primary key (org_id, connection_id, assertion_hash),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_assertion');

    await runner.query(`
      create table sso_subject (
        org_id uuid not null,
        connection_id uuid not null,
        subject text not null,
        user_id uuid not null,
        created_at timestamptz not null,
        primary key (org_id, connection_id, subject),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade,
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_subject');
    await runner.query(`create index sso_subject_user on sso_subject (org_id, user_id)`);

    // Where a session came from; it acts there and nowhere else. No tenant's row: sessions are people's.
    await runner.query(
      `alter table session add sso_organization_id uuid, add sso_connection_id uuid, add ends_at timestamptz`,
    );
    // Serves the end of a connection.
    await runner.query(
      `create index session_sso_connection on session (sso_connection_id) where sso_connection_id is not null`,
    );
  }

  private async enforcement(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table organization add sso_enforced_at timestamptz, add sso_enforced_by uuid`);
    await runner.query(`
      create table sso_break_glass (
        org_id uuid not null,
        user_id uuid not null,
        armed_by uuid not null,
        armed_at timestamptz not null,
        expires_at timestamptz not null,
        primary key (org_id, user_id),
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_break_glass');
    await runner.query(`
      create table sso_break_glass_use (
        org_id uuid not null,
        user_id uuid not null,
        session_id uuid not null,
        used_at timestamptz not null,
        primary key (org_id, user_id, session_id),
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_break_glass_use');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
