import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Headcounts of organizations also say how many are deactivated, so that a list of all members knows its length. */
export class DeactivatedHeads implements MigrationInterface {
  readonly name = 'DeactivatedHeads1000000000012';

  async up(runner: QueryRunner): Promise<void> {
    // What is counted below must not change between the count and the triggers that keep it.
    await runner.query(`lock table member in share row exclusive mode`);
    await runner.query(`alter table headcount add deactivated integer not null default 0`);
    await this.functions(runner);
    await this.present(runner);
  }

  /** Those of before, with the second number; the triggers stay. */
  private async functions(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function change_headcount(uuid, uuid, integer)`);
    await runner.query(`
      create function change_headcount(org uuid, subject uuid, change integer, change_deactivated integer default 0)
        returns void language plpgsql as $$
      begin
        if not exists (select from organization where id = org and id = subject
                       union all select from roster where org_id = org and id = subject) then
          return;
        end if;
        with held as materialized (
          select id from headcount where org_id = org and subject_id = subject for update skip locked),
        replaced as (
          delete from headcount h using held where h.org_id = org and h.subject_id = subject and h.id = held.id
          returning h.members, h.deactivated)
        insert into headcount (org_id, subject_id, id, members, deactivated)
        select org, subject, gen_random_uuid(), change + coalesce(sum(members), 0),
               change_deactivated + coalesce(sum(deactivated), 0)
          from replaced;
      end $$`);
    await runner.query(`
      create or replace function count_members() returns trigger language plpgsql as $$
      declare direction integer := case tg_op when 'INSERT' then 1 else -1 end;
      begin
        perform change_headcount(org_id, org_id,
                  direction * (count(*) filter (where status in (1, 2)))::integer,
                  direction * (count(*) filter (where status not in (1, 2)))::integer)
           from changed group by org_id;
        return null;
      end $$`);
    await runner.query(`
      create or replace function count_status() returns trigger language plpgsql as $$
      declare direction integer := case when new.status in (1, 2) then 1 else -1 end;
      begin
        perform change_headcount(new.org_id, new.org_id, direction, -direction);
        return null;
      end $$`);
  }

  private async present(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    for (const table of ['headcount', 'member']) {
      await runner.query(`alter table ${table} no force row level security`);
    }
    await runner.query(`
      insert into headcount (org_id, subject_id, id, members, deactivated)
      select org_id, org_id, gen_random_uuid(), 0, count(*) from member where status not in (1, 2) group by org_id`);
    for (const table of ['headcount', 'member']) {
      await runner.query(`alter table ${table} force row level security`);
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
