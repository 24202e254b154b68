import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations are deleted at the request of a super admin, after some days, by the function that purges sandboxes. */
export class OrganizationsThatEnd implements MigrationInterface {
  readonly name = 'OrganizationsThatEnd1000000000039';

  async up(runner: QueryRunner): Promise<void> {
    await this.records(runner);
    await this.end(runner);
    await this.purge(runner);
  }

  private async records(runner: QueryRunner): Promise<void> {
    // No reference: what is left of an organization is this row. `recorded_at` is the database's own, so that whoever
    // makes the server send SQL still waits for a day.
    await runner.query(`
      create table organization_deletion (
        organization_id uuid primary key,
        id uuid not null,
        requested_by uuid not null,
        request_id text not null,
        requested_at timestamptz not null,
        due_at timestamptz not null,
        sealed_notice bytea,
        recorded_at timestamptz not null default now(),
        purge_started_at timestamptz,
        purged_at timestamptz,
        constraint organization_deletion_grace check (due_at >= requested_at + interval '1 day'),
        constraint organization_deletion_forgets check (purged_at is null or sealed_notice is null))`);
    await runner.query(
      `create index organization_deletion_due on organization_deletion (due_at) where purged_at is null`,
    );
    // Not a tenant's, so not forced: the sweep finds what is due, and purge_sandbox() closes the record.
    await runner.query(`alter table organization_deletion enable row level security`);
    await runner.query(`create policy on_record on organization_deletion for select using (true)`);
    await runner.query(`
      create policy requesting on organization_deletion for insert
        with check (organization_id = (select app_org_id()) and exists
          (select from organization where organization.id = organization_deletion.organization_id
             and organization.org_type <> 2))`);
    await runner.query(`
      create policy cancelling on organization_deletion for delete
        using (organization_id = (select app_org_id()) and purge_started_at is null)`);
  }

  private async end(runner: QueryRunner): Promise<void> {
    // An organization that has ended answers nobody: a sandbox, or one whose deletion is on record.
    await runner.query(`alter table organization drop constraint organization_expiry`);
    await runner.query(`
      create function refuse_undeclared_end() returns trigger language plpgsql as $$
      begin
        if not exists (select from organization_deletion where organization_id = new.id) then
          raise check_violation using message = 'an organization ends by a deletion that is on record',
            constraint = 'organization_expiry';
        end if;
        return new;
      end $$`);
    await runner.query(`
      create trigger refuse_undeclared_end before insert or update on organization for each row
        when (new.expires_at is not null and new.org_type <> 2)
        execute function refuse_undeclared_end()`);
  }

  private async purge(runner: QueryRunner): Promise<void> {
    // As before, and what a super admin has had deleted. The organization is locked apart from the reading: a statement
    // that had to wait still sees other tables as they were when it began.
    await runner.query(`
      create or replace function purge_sandbox(most integer, at timestamptz) returns boolean language plpgsql
        security definer set search_path = pg_catalog, public, pg_temp as $$
      declare
        doomed constant uuid := app_org_id();
        budget integer := most;
        tenants regclass;
        referrer regclass;
        holds boolean;
        blocked boolean;
        removed integer;
        invited uuid[];
        progress boolean := true;
        remains boolean;
      begin
        perform from organization where id = doomed for update;
        if not found then
          return true;
        end if;
        perform from organization o where o.id = doomed and (
          exists (select from sandbox s
                   where s.organization_id = o.id and o.org_type = 2 and s.deletion_id is not null)
          or exists (select from organization_deletion d
                      where d.organization_id = o.id and o.org_type <> 2 and d.due_at <= at
                        and d.recorded_at <= now() - interval '1 day'));
        if not found then
          raise insufficient_privilege using message = 'only what is deleted on record is purged';
        end if;
        update organization_deletion set purge_started_at = coalesce(purge_started_at, at)
         where organization_id = doomed;
        while progress loop
          progress := false;
          remains := false;
          for tenants in
            select c.oid from pg_class c
              join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
             order by c.relname
          loop
            execute format('select exists (select from %s where org_id = $1)', tenants) into holds using doomed;
            continue when not holds;
            remains := true;
            blocked := false;
            for referrer in
              select conrelid from pg_constraint
               where contype = 'f' and confrelid = tenants and conrelid <> tenants
            loop
              execute format('select exists (select from %s where org_id = $1)', referrer) into blocked using doomed;
              exit when blocked;
            end loop;
            continue when blocked;
            if tenants = 'member'::regclass then
              with gone as (
                delete from member where org_id = doomed and ctid = any (array(
                  select ctid from member where org_id = doomed limit budget))
                returning identity_id, joined_at)
              select count(*), array_agg(identity_id) filter (where joined_at is null) into removed, invited from gone;
              perform forget_unused_identity(id) from identity where id = any (invited) order by email;
            else
              execute format('delete from %1$s where org_id = $1 and ctid = any (array(
                                select ctid from %1$s where org_id = $1 limit $2))', tenants) using doomed, budget;
              get diagnostics removed = row_count;
            end if;
            progress := progress or removed > 0;
            budget := budget - removed;
            if budget <= 0 then return false; end if;
          end loop;
        end loop;
        if remains then
          raise exception 'what is left of organization % refers to itself in a circle', doomed;
        end if;
        delete from organization where id = doomed;
        update sandbox set purged_at = at where organization_id = doomed;
        update organization_deletion set purged_at = at, sealed_notice = null where organization_id = doomed;
        return true;
      end $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
