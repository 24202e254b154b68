import type { MigrationInterface, QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { tenantTable } from './tenant-table.js';

/** Teams and groups: rosters of two kinds, and who was put into them. Everybody is in the default ones unwritten. */
export class TeamsAndGroups implements MigrationInterface {
  readonly name = 'TeamsAndGroups1000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await this.rosters(runner);
    await this.members(runner);
    await this.headcounts(runner);
    await this.defaults(runner);
    await tenantTable(runner, 'roster');
    await tenantTable(runner, 'roster_member');
    await tenantTable(runner, 'headcount');
  }

  private async rosters(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table roster (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        kind text not null,
        name text not null,
        description text not null default '',
        is_default boolean not null default false,
        created_by uuid,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, id),
        constraint roster_kind check (kind in ('team', 'group')),
        constraint roster_creator_fkey foreign key (org_id, created_by) references member (org_id, id)
          on delete set null (created_by))`);
    // An index for each kind, so that its name says whose name is taken.
    await runner.query(
      `create unique index team_name_key on roster (org_id, lower(name)) where kind = 'team'`,
    );
    await runner.query(
      `create unique index group_name_key on roster (org_id, lower(name)) where kind = 'group'`,
    );
    await runner.query(`create unique index roster_default_key on roster (org_id, kind) where is_default`);
    await runner.query(`create index roster_newest on roster (org_id, kind, created_at desc, id desc)`);
    // Serves what the caller created, and the reference to the creator.
    await runner.query(
      `create index roster_creator on roster (org_id, created_by) where created_by is not null`,
    );
  }

  private async members(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table roster_member (
        org_id uuid not null,
        roster_id uuid not null,
        user_id uuid not null,
        added_at timestamptz not null,
        primary key (org_id, roster_id, user_id),
        constraint roster_member_roster_fkey foreign key (org_id, roster_id) references roster (org_id, id)
          on delete cascade,
        constraint roster_member_user_fkey foreign key (org_id, user_id) references member (org_id, id)
          on delete cascade)`);
    await runner.query(
      `create index roster_member_newest on roster_member (org_id, roster_id, added_at desc, user_id desc)`,
    );
    // Serves the rosters of a user.
    await runner.query(`create index roster_member_user on roster_member (org_id, user_id, roster_id)`);
    // Serves the members of default rosters without a look at the table: the policies of member read identity_id too.
    await runner.query(`
      create index member_belonging on member (org_id, created_at desc, id desc) include (identity_id)
        where status in (1, 2)`);
  }

  /**
   * How many are in a roster, or, by the organization's id, invited or active in it: the sum of a few rows. Whoever
   * changes the number replaces the rows that nobody else is replacing by one. Nobody waits, and the sum is exact.
   */
  private async headcounts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table headcount (
        org_id uuid not null references organization (id) on delete cascade,
        subject_id uuid not null,
        id uuid not null,
        members integer not null,
        primary key (org_id, subject_id, id))`);
    // What is being deleted as a whole is not counted down.
    await runner.query(`
      create function change_headcount(org uuid, subject uuid, change integer) returns void language plpgsql as $$
      begin
        if not exists (select from organization where id = org and id = subject
                       union all select from roster where org_id = org and id = subject) then
          return;
        end if;
        with held as materialized (
          select id from headcount where org_id = org and subject_id = subject for update skip locked),
        replaced as (
          delete from headcount h using held where h.org_id = org and h.subject_id = subject and h.id = held.id
          returning h.members)
        insert into headcount (org_id, subject_id, id, members)
        select org, subject, gen_random_uuid(), change + coalesce(sum(members), 0) from replaced;
      end $$`);
    await runner.query(`
      create function count_members() returns trigger language plpgsql as $$
      declare direction integer := case tg_op when 'INSERT' then 1 else -1 end;
      begin
        perform change_headcount(org_id, org_id, direction * count(*)::integer)
           from changed where status in (1, 2) group by org_id;
        return null;
      end $$`);
    await runner.query(`
      create function count_status() returns trigger language plpgsql as $$
      begin
        perform change_headcount(new.org_id, new.org_id, case when new.status in (1, 2) then 1 else -1 end);
        return null;
      end $$`);
    await runner.query(`
      create function count_roster_members() returns trigger language plpgsql as $$
      declare direction integer := case tg_op when 'INSERT' then 1 else -1 end;
      begin
        perform change_headcount(org_id, roster_id, direction * count(*)::integer)
           from changed group by org_id, roster_id;
        return null;
      end $$`);
    for (const [table, counter] of [
      ['member', 'count_members'],
      ['roster_member', 'count_roster_members'],
    ]) {
      for (const [event, rows] of [
        ['insert', 'new'],
        ['delete', 'old'],
      ]) {
        await runner.query(`
          create trigger ${counter}_${event} after ${event} on ${table} referencing ${rows} table as changed
            for each statement execute function ${counter}()`);
      }
    }
    await runner.query(`
      create trigger count_status after update of status on member for each row
        when ((old.status in (1, 2)) <> (new.status in (1, 2))) execute function count_status()`);
  }

  /** What organizations have from their founding, for those that were founded before. */
  private async defaults(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    for (const table of ['organization', 'member']) {
      await runner.query(`alter table ${table} no force row level security`);
    }
    const organizations = (await runner.query('select id, created_at from organization')) as {
      id: string;
      created_at: Date;
    }[];
    await runner.query(`
      insert into headcount (org_id, subject_id, id, members)
      select org_id, org_id, gen_random_uuid(), count(*) from member where status in (1, 2) group by org_id`);
    for (const table of ['organization', 'member']) {
      await runner.query(`alter table ${table} force row level security`);
    }
    for (const { id, created_at: at } of organizations) {
      await runner.query(
        `insert into roster (org_id, id, kind, name, is_default, created_at, updated_at)
         values ($1, $2, 'team', 'Everyone', true, $4, $4), ($1, $3, 'group', 'Everyone', true, $4, $4)`,
        [id, uuid(), uuid(), at],
      );
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
