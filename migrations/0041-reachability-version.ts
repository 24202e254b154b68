import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/**
 * A version of "which members can be reached" for each organization: what was counted under a version holds as long as
 * the version stays. See docs/adr/0060-an-audience-is-counted-once-a-version.md.
 */
export class ReachabilityVersion implements MigrationInterface {
  readonly name = 'ReachabilityVersion1000000000041';

  async up(runner: QueryRunner): Promise<void> {
    // The version of an organization is what all its rows say together; one without rows has a version, too.
    await runner.query(`
      create table reachability_version (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        version uuid not null,
        primary key (org_id, id))`);
    await tenantTable(runner, 'reachability_version');
    await this.renewal(runner);
    await this.updates(runner);
    await this.deletions(runner);
  }

  /** Renews a row that no other transaction is renewing, or adds one: it never waits. */
  private async renewal(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function renew_reachability_version(org uuid) returns void language plpgsql as $$
      begin
        update reachability_version v set version = gen_random_uuid()
         where v.org_id = org and v.id = (
           select f.id from reachability_version f where f.org_id = org limit 1 for update skip locked);
        -- An organization that is being deleted takes its rows with it.
        if not found and exists (select from organization where id = org) then
          insert into reachability_version (org_id, id, version) values (org, gen_random_uuid(), gen_random_uuid());
        end if;
      end $$`);
  }

  /**
   * Once for a statement, however many members it changes; so does the headcount, which went row by row before. Old and
   * new rows are grouped, not joined: PL/pgSQL keeps the plan of the first statement, and a join that was planned for
   * one row compares everybody with everybody in a statement about all.
   */
  private async updates(runner: QueryRunner): Promise<void> {
    // 1, 2: pidgr.v1.UserStatus INVITED and ACTIVE, the statuses that a campaign reaches.
    const reach = `case when status in (1, 2) then 1 + processing_restricted::integer else 0 end`;
    await runner.query(`
      create function note_changed_members() returns trigger language plpgsql as $$
      declare
        changed record;
      begin
        for changed in
          select org_id, sum(heads)::integer as heads, bool_or(least <> most) as reachability
            from (select org_id, sum(side * (reach > 0)::integer) as heads, min(reach) as least, max(reach) as most
                    from (select org_id, id, -1 as side, ${reach} as reach from old_member
                          union all select org_id, id, 1, ${reach} from new_member) sides
                   group by org_id, id) members
           group by org_id
        loop
          if changed.heads <> 0 then
            perform change_headcount(changed.org_id, changed.org_id, changed.heads, -changed.heads);
          end if;
          if changed.reachability then
            perform renew_reachability_version(changed.org_id);
          end if;
        end loop;
        return null;
      end $$`);
    await runner.query(`
      create trigger note_changed_members after update on member
        referencing old table as old_member new table as new_member
        for each statement execute function note_changed_members()`);
    await runner.query(`drop trigger count_status on member`);
    await runner.query(`drop function count_status()`);
  }

  /** An insert needs no trigger: an audience names only members that exist, and ids are not used again. */
  private async deletions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function note_deleted_members() returns trigger language plpgsql as $$
      begin
        perform renew_reachability_version(org_id)
           from (select distinct org_id from old_member where status in (1, 2)) deleted;
        return null;
      end $$`);
    await runner.query(`
      create trigger note_deleted_members after delete on member referencing old table as old_member
        for each statement execute function note_deleted_members()`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
