import type { MigrationInterface, QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { tenantTable } from './tenant-table.js';

/** Teams and groups: rosters of two kinds, and who was put into them. Everybody is in the default ones unwritten. */
export class TeamsAndGroups implements MigrationInterface {
  readonly name = 'TeamsAndGroups1000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await this.rosters(runner);
    await this.members(runner);
    await this.defaults(runner);
    await tenantTable(runner, 'roster');
    await tenantTable(runner, 'roster_member');
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
    // Serves the members of default rosters, and their number without a look at the table: the policies of member
    // read identity_id too.
    await runner.query(`
      create index member_belonging on member (org_id, created_at desc, id desc) include (identity_id)
        where status in (1, 2)`);
  }

  /** What organizations have from their founding, for those that were founded before. */
  private async defaults(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    await runner.query('alter table organization no force row level security');
    const organizations = (await runner.query('select id, created_at from organization')) as {
      id: string;
      created_at: Date;
    }[];
    await runner.query('alter table organization force row level security');
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
