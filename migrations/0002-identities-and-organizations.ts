import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** People (global), organizations (tenants), and what joins the two: members and their roles. */
export class IdentitiesAndOrganizations implements MigrationInterface {
  readonly name = 'IdentitiesAndOrganizations1000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table identity (
        id uuid primary key,
        email text not null,
        subject text,
        passkey_enrolled boolean not null default false,
        created_at timestamptz not null default now(),
        constraint identity_email_key unique (email),
        constraint identity_subject_key unique (subject),
        constraint identity_email_lower check (email = lower(email)))`);

    await runner.query(`
      create table organization (
        id uuid primary key,
        name text not null,
        industry smallint not null default 0,
        company_size smallint not null default 0,
        org_type smallint not null default 1,
        default_locale text not null default '',
        default_workflow jsonb,
        data_governance_region text not null default 'US',
        sso_attribute_mappings jsonb not null default '[]',
        ml_retrain_cold_threshold integer not null default 10,
        ml_cancelled_counts boolean not null default true,
        ml_manual_limit_monthly integer not null default 3,
        include_synthetic_in_aggregates boolean,
        provisional_archetypes_enabled boolean not null default false,
        default_verification_unit_level smallint not null default 0,
        rate_limit_per_second integer,
        rate_limit_burst integer,
        suspended_at timestamptz,
        expires_at timestamptz,
        created_at timestamptz not null default now())`);

    await runner.query(`
      create table role (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        slug text not null,
        name text not null,
        is_default boolean not null default false,
        is_system boolean not null default false,
        permissions smallint[] not null,
        created_at timestamptz not null default now(),
        primary key (org_id, id),
        constraint role_slug_key unique (org_id, slug))`);
    await tenantTable(runner, 'role');

    await runner.query(`
      create table member (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        identity_id uuid not null references identity (id) on delete restrict,
        email text not null,
        name text not null default '',
        status smallint not null,
        role_id uuid not null,
        profile jsonb not null default '{}',
        manager_id uuid,
        theme_preference smallint not null default 0,
        preferred_locale text not null default '',
        processing_restricted boolean not null default false,
        data_governance_region text not null default '',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        joined_at timestamptz,
        primary key (org_id, id),
        constraint member_email_key unique (org_id, email),
        constraint member_identity_key unique (org_id, identity_id),
        constraint member_role_fkey foreign key (org_id, role_id) references role (org_id, id) on delete restrict,
        constraint member_manager_fkey foreign key (org_id, manager_id) references member (org_id, id)
          on delete set null (manager_id),
        constraint member_email_lower check (email = lower(email)))`);
    await tenantTable(runner, 'member');
    // Serves ListUsers (newest first).
    await runner.query(`create index member_newest on member (org_id, created_at desc, id desc)`);
    // Serves "who holds this role" (DeleteRole, last super_admin).
    await runner.query(`create index member_role on member (org_id, role_id)`);
    // Serves the caller's own memberships (ListUserOrganizations, org of a token).
    await runner.query(`create index member_identity on member (identity_id)`);

    // Forgets a person whom nothing is left of: no membership anywhere, no sign-in. Row-level security hides other
    // organizations from the query, the foreign key does not: it refuses, with one code or the other by version.
    await runner.query(`
      create function forget_unused_identity(unused uuid) returns void language plpgsql as $$
      begin
        delete from identity where id = unused and subject is null and not passkey_enrolled
          and not exists (select from session where identity_id = unused);
      exception when foreign_key_violation or restrict_violation then
        null;
      end $$`);

    // A person may see their own memberships, and the organizations behind them, before choosing one.
    await runner.query(
      `create policy own_memberships on member for select using (identity_id = (select app_identity_id()))`,
    );
    await runner.query(`alter table organization enable row level security`);
    await runner.query(`alter table organization force row level security`);
    await runner.query(
      `create policy tenant on organization using (id = (select app_org_id())) with check (id = (select app_org_id()))`,
    );
    await runner.query(`
      create policy own_memberships on organization for select
        using ((select app_identity_id()) is not null and exists
          (select from member where member.org_id = organization.id and member.identity_id = (select app_identity_id())))`);
    await runner.query(`
      create policy own_memberships on role for select
        using ((select app_identity_id()) is not null and exists
          (select from member where member.org_id = role.org_id and member.role_id = role.id
             and member.identity_id = (select app_identity_id())))`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
