import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever can make the server send SQL still cannot make a sandbox of an organization, and delete it with its trail. */
export class SandboxSafeguards implements MigrationInterface {
  readonly name = 'SandboxSafeguards1000000000011';

  async up(runner: QueryRunner): Promise<void> {
    await this.records(runner);
    await this.identities(runner);
    await this.purge(runner);
  }

  private async records(runner: QueryRunner): Promise<void> {
    // An organization that has ended answers nobody; only a sandbox ends.
    await runner.query(`
      alter table organization add constraint organization_expiry check (expires_at is null or org_type = 2)`);
    await runner.query(`
      alter table sandbox
        add constraint sandbox_deletion_whole check (num_nulls(deletion_id, deletion_reason, deletion_actor_kind,
          deletion_actor_id, deletion_request_id, deletion_started_at) in (0, 6)),
        add constraint sandbox_purged_on_record check (purged_at is null or deletion_id is not null)`);

    // Not a tenant's, so not forced: purge_sandbox() closes the record. The server finds every sandbox that is due, makes
    // a record for none but a sandbox it is founding, and puts one deletion on it. It cannot change the type of an
    // organization: see the rights of columns in app-role.ts.
    await runner.query(`alter table sandbox enable row level security`);
    await runner.query(`create policy on_record on sandbox for select using (true)`);
    await runner.query(`
      create policy founding on sandbox for insert
        with check (organization_id = (select app_org_id()) and exists
          (select from organization where organization.id = sandbox.organization_id and organization.org_type = 2))`);
    await runner.query(`
      create policy deletion on sandbox for update
        using (organization_id = (select app_org_id()) and deletion_id is null)
        with check (organization_id = (select app_org_id()) and deletion_id is not null
          and expires_at <= deletion_started_at)`);
  }

  private async identities(runner: QueryRunner): Promise<void> {
    // As before, and a passkey counts as somebody.
    await runner.query(`
      create or replace function forget_unused_identity(unused uuid) returns void language plpgsql as $$
      begin
        delete from identity where id = unused and subject is null and not passkey_enrolled
          and not exists (select from session where identity_id = unused)
          and not exists (select from webauthn_credential where identity_id = unused);
      exception when foreign_key_violation or restrict_violation then
        null;
      end $$`);
  }

  private async purge(runner: QueryRunner): Promise<void> {
    // As before, but for two things: it refuses what is no sandbox on its way out, and it forgets people who were invited
    // and never came, in the order of addresses, as invitations lock them.
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
        perform from sandbox s join organization o on o.id = s.organization_id
          where o.id = doomed and o.org_type = 2 and s.deletion_id is not null for update of o;
        if not found then
          if exists (select from organization where id = doomed) then
            raise insufficient_privilege using message = 'only a sandbox whose deletion is on record is purged';
          end if;
          return true;
        end if;
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
          raise exception 'what is left of sandbox % refers to itself in a circle', doomed;
        end if;
        delete from organization where id = doomed;
        update sandbox set purged_at = at where organization_id = doomed;
        return true;
      end $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
