import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the ledger refers to is checked once for each statement instead of once for each row, and a step's progress may
 * have gaps, so that several pieces of one audience can be written at a time. See ADR 61.
 */
export class ReferencesOfTheLedger implements MigrationInterface {
  readonly name = 'ReferencesOfTheLedger1000000000045';

  async up(runner: QueryRunner): Promise<void> {
    await this.progress(runner);
    await this.written(runner);
    await this.deleted(runner);
    await this.purge(runner);
    // ListDeliveries without a filter merges what delivery_status_newest has of each status.
    await runner.query(`drop index delivery_newest`);
  }

  private async progress(runner: QueryRunner): Promise<void> {
    // Positions of the audience that the current step is done with. Converted as a type: no row is out of the owner's
    // sight, as it would be for an update.
    await runner.query(`alter table campaign_run alter cursor drop default`);
    await runner.query(`
      alter table campaign_run alter cursor type int4multirange using
        case when cursor > 0 then int4multirange(int4range(0, cursor, '[]')) else '{}' end`);
    await runner.query(`alter table campaign_run alter cursor set default '{}'`);
    await runner.query(`alter table campaign_run rename cursor to done`);
  }

  /** A delivery has a campaign, and a text that exists; neither can be deleted before the delivery is committed. */
  private async written(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table delivery drop constraint delivery_campaign_fkey`);
    await runner.query(`alter table delivery drop constraint delivery_message_fkey`);
    await runner.query(`
      create function check_delivery_references() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
      begin
        perform from (select distinct org_id, campaign_id from written) w
          where (select true from campaign c where c.org_id = w.org_id and c.id = w.campaign_id for key share) is null;
        if found then
          raise foreign_key_violation using message = 'a delivery of a campaign that does not exist',
            table = tg_table_name, constraint = 'delivery_campaign_fkey';
        end if;
        perform from (select distinct org_id, content_id from written where content_id is not null) w
          where (select true from message m where m.org_id = w.org_id and m.content_id = w.content_id for key share) is null;
        if found then
          raise foreign_key_violation using message = 'a delivery of a message that does not exist',
            table = tg_table_name, constraint = 'delivery_message_fkey';
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger delivery_references after insert on delivery referencing new table as written
        for each statement execute function check_delivery_references()`);
    // Nothing is checked when a delivery changes: it keeps its campaign, and its text may only be taken away.
    await runner.query(`
      create function refuse_other_reference() returns trigger language plpgsql set search_path = pg_catalog as $$
      begin
        raise exception 'a delivery keeps its campaign and its message'
          using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
      end $$`);
    await runner.query(`
      create trigger delivery_keeps_references after update of org_id, campaign_id, content_id on delivery for each row
        when (old.org_id <> new.org_id or old.campaign_id <> new.campaign_id
          or new.content_id is not null and old.content_id is distinct from new.content_id)
        execute function refuse_other_reference()`);
  }

  private async deleted(runner: QueryRunner): Promise<void> {
    for (const [table, key, reference] of [
      ['campaign', 'id', 'campaign_id'],
      ['message', 'content_id', 'content_id'],
    ]) {
      await runner.query(`
        create function refuse_deleted_${table}() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
        begin
          perform from deleted t where (
            select true from delivery d where d.org_id = t.org_id and d.${reference} = t.${key} limit 1);
          if found then
            raise foreign_key_violation using message = 'a ${table} that deliveries refer to is not deleted',
              table = 'delivery', constraint = 'delivery_${table}_fkey';
          end if;
          return null;
        end $$`);
      await runner.query(`
        create trigger ${table}_deliveries after delete on ${table} referencing old table as deleted
          for each statement execute function refuse_deleted_${table}()`);
    }
    // A push goes with its delivery.
    await runner.query(`alter table push_outbox drop constraint push_outbox_org_id_delivery_id_fkey`);
    await runner.query(`
      create function delete_pushes() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
      begin
        delete from push_outbox where org_id = any (array(select distinct org_id from deleted))
          and delivery_id = any (array(select id from deleted));
        return null;
      end $$`);
    await runner.query(`
      create trigger delivery_pushes after delete on delivery referencing old table as deleted
        for each statement execute function delete_pushes()`);
  }

  /** As before, and in the order of the references that no constraint tells of. */
  private async purge(runner: QueryRunner): Promise<void> {
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
              union all select 'delivery'::regclass where tenants in ('campaign'::regclass, 'message'::regclass)
              union all select 'push_outbox'::regclass where tenants = 'delivery'::regclass
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
