import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** People and groups as directories know them, one view for each connection. */
export class Scim implements MigrationInterface {
  readonly name = 'Scim1000000000017';

  async up(runner: QueryRunner): Promise<void> {
    await this.connections(runner);
    await this.users(runner);
    await this.groups(runner);
  }

  private async connections(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table scim_connection (
        org_id uuid not null,
        connection_id uuid not null,
        paused_at timestamptz,
        mappings jsonb not null default '[]',
        primary key (org_id, connection_id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'scim_connection');
    // A token outlives its connection as one that is bound to nothing: it must not slip into another.
    await runner.query(`
      create table scim_token (
        org_id uuid not null,
        key_id uuid not null,
        connection_id uuid,
        primary key (org_id, key_id),
        foreign key (org_id, key_id) references api_key (org_id, id) on delete cascade,
        foreign key (org_id, connection_id) references sso_connection (org_id, id)
          on delete set null (connection_id))`);
    await tenantTable(runner, 'scim_token');
    await runner.query(`create index scim_token_connection on scim_token (org_id, connection_id)`);
  }

  private async users(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table scim_user (
        org_id uuid not null,
        connection_id uuid not null,
        user_id uuid not null,
        external_id text,
        user_name text not null,
        document jsonb not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        deleted_at timestamptz,
        primary key (org_id, connection_id, user_id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade,
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'scim_user');
    await runner.query(`
      create unique index scim_user_name_key on scim_user (org_id, connection_id, lower(user_name))
        where deleted_at is null`);
    await runner.query(`
      create unique index scim_user_external_key on scim_user (org_id, connection_id, external_id)
        where deleted_at is null and external_id is not null`);
    // Serves the reference to the member.
    await runner.query(`create index scim_user_member on scim_user (org_id, user_id)`);
  }

  private async groups(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table scim_group (
        org_id uuid not null,
        connection_id uuid not null,
        id uuid not null,
        external_id text,
        display_name text not null,
        version integer not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, connection_id, id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'scim_group');
    await runner.query(
      `create unique index scim_group_name_key on scim_group (org_id, connection_id, lower(display_name))`,
    );
    await runner.query(`
      create unique index scim_group_external_key on scim_group (org_id, connection_id, external_id)
        where external_id is not null`);
    await runner.query(`
      create table scim_group_member (
        org_id uuid not null,
        connection_id uuid not null,
        group_id uuid not null,
        user_id uuid not null,
        primary key (org_id, connection_id, group_id, user_id),
        foreign key (org_id, connection_id, group_id) references scim_group (org_id, connection_id, id)
          on delete cascade,
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'scim_group_member');
    // Serves the groups of a person, and the reference to the member.
    await runner.query(
      `create index scim_group_member_user on scim_group_member (org_id, user_id, connection_id)`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
