import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Privacy switches and who turned them; cohorts of analytics; sandboxes, which end, and what is left of them. */
export class PrivacyAndSandboxes implements MigrationInterface {
  readonly name = 'PrivacyAndSandboxes1000000000008';

  async up(runner: QueryRunner): Promise<void> {
    await this.privacy(runner);
    await this.sandboxes(runner);
    await this.purge(runner);
  }

  private async privacy(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table organization
        add ai_clustering_enabled boolean not null default true,
        add behavioral_analytics_enabled boolean not null default true,
        add third_party_channels_enabled boolean not null default false`);

    // Evidence: every time somebody with the right to do so said yes or no, also where it was so before.
    await runner.query(`
      create table privacy_consent (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        toggle text not null,
        was_enabled boolean not null,
        enabled boolean not null,
        actor_kind text not null,
        actor_id text not null,
        actor_email text not null,
        request_id text not null,
        created_at timestamptz not null,
        primary key (org_id, id))`);
    await tenantTable(runner, 'privacy_consent');
    // Serves "who last turned it", once for each switch.
    await runner.query(
      `create index privacy_consent_newest on privacy_consent (org_id, toggle, created_at desc, id desc)`,
    );

    // How people are assigned to cohorts. Apart from organization: that row is read everywhere, the salt nowhere else.
    await runner.query(`
      create table analytics_cohort (
        org_id uuid primary key references organization (id) on delete cascade,
        sealed_salt bytea not null,
        bucket_count integer not null,
        epsilon real not null,
        rotated_at timestamptz not null)`);
    await tenantTable(runner, 'analytics_cohort');

    // Serves the numbers of campaigns that GetOrganization shows.
    await runner.query(
      `create index campaign_over on campaign (org_id, status) where status in (3, 5) and not synthetic`,
    );
  }

  private async sandboxes(runner: QueryRunner): Promise<void> {
    // Not a tenant's: it survives the sandbox, and finds those that are over. Ids and times, no content, no address.
    await runner.query(`
      create table sandbox (
        organization_id uuid primary key,
        created_by uuid not null,
        api_key_id uuid,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        deletion_id uuid,
        deletion_reason text,
        deletion_actor_kind text,
        deletion_actor_id text,
        deletion_request_id text,
        deletion_started_at timestamptz,
        purged_at timestamptz,
        constraint sandbox_deletion_reason check (deletion_reason in ('requested', 'expired')))`);
    // Serves the limit of sandboxes of a person.
    await runner.query(`create index sandbox_creator on sandbox (created_by) where purged_at is null`);
    // Serves the clean-up.
    await runner.query(`create index sandbox_due on sandbox (expires_at) where purged_at is null`);
  }

  private async purge(runner: QueryRunner): Promise<void> {
    // An inbox had no road to its organization; whatever has org_id must go with it.
    await runner.query(`
      alter table inbox add constraint inbox_organization_fkey
        foreign key (org_id) references organization (id) on delete cascade`);
    // Whoever is deleted is looked for as a manager.
    await runner.query(
      `create index member_manager on member (org_id, manager_id) where manager_id is not null`,
    );

    // The server may delete neither organizations nor their trails; this may, for a sandbox whose deletion is on
    // record. A piece at a time; true when nothing is left. Which tables there are is asked of the catalogue, so that
    // none can be forgotten; those that others refer to come after them, so that no piece cascades.
    await runner.query(`
      create function purge_sandbox(most integer, at timestamptz) returns boolean language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp as $$
      declare
        doomed constant uuid := app_org_id();
        budget integer := most;
        tenants regclass;
        referrer regclass;
        holds boolean;
        blocked boolean;
        removed integer;
        progress boolean := true;
        remains boolean;
      begin
        perform from sandbox s join organization o on o.id = s.organization_id
          where o.id = doomed and o.org_type = 2 and s.deletion_id is not null for update of o;
        if not found then return true; end if;
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
            execute format('delete from %1$s where org_id = $1 and ctid = any (array(
                              select ctid from %1$s where org_id = $1 limit $2))', tenants) using doomed, budget;
            get diagnostics removed = row_count;
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
