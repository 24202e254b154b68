import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Numbers and hashes of the trail's events, those that wait for theirs, and exports of the trail. */
export class AuditChain implements MigrationInterface {
  readonly name = 'AuditChain1000000000015';

  async up(runner: QueryRunner): Promise<void> {
    await this.chain(runner);
    await this.backlog(runner);
    await this.present(runner);
    await this.exports(runner);
    await this.filters(runner);
  }

  private async chain(runner: QueryRunner): Promise<void> {
    // Apart from audit_event, so that nobody needs the right to change an event in order to chain it.
    await runner.query(`
      create table audit_chain (
        org_id uuid not null,
        seq bigint not null,
        event_id uuid not null,
        hash bytea not null,
        chained_at timestamptz not null,
        primary key (org_id, seq),
        constraint audit_chain_event_key unique (org_id, event_id),
        constraint audit_chain_event_fkey foreign key (org_id, event_id) references audit_event (org_id, id)
          on delete cascade)`);
    await tenantTable(runner, 'audit_chain');
  }

  /** Every event is in the chain or here, whoever inserted it. Nobody waits for anybody: each inserts its own row. */
  private async backlog(runner: QueryRunner): Promise<void> {
    // Not a tenant's, so not forced: without an organization one sees for which of them something waits. Ids only.
    await runner.query(`
      create table audit_backlog (
        organization_id uuid not null references organization (id) on delete cascade,
        event_id uuid not null,
        primary key (organization_id, event_id))`);
    await runner.query(`alter table audit_backlog enable row level security`);
    await runner.query(`
      create policy waiting on audit_backlog for select
        using ((select app_org_id()) is null or organization_id = (select app_org_id()))`);
    await runner.query(`
      create policy appended on audit_backlog for insert with check (organization_id = (select app_org_id()))`);
    // An event leaves when it is in the chain, and not before.
    await runner.query(`
      create policy chained on audit_backlog for delete
        using (organization_id = (select app_org_id()) and exists
          (select from audit_chain where audit_chain.org_id = organization_id
              and audit_chain.event_id = audit_backlog.event_id))`);
    await runner.query(`
      create function await_chain() returns trigger language plpgsql as $$
      begin
        insert into audit_backlog (organization_id, event_id) select org_id, id from appended;
        return null;
      end $$`);
    await runner.query(`
      create trigger await_chain after insert on audit_event referencing new table as appended
        for each statement execute function await_chain()`);
  }

  /** What is there already is chained like everything else, by the job: a start does not wait for it. */
  private async present(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    await runner.query(`alter table audit_event no force row level security`);
    await runner.query(
      `insert into audit_backlog (organization_id, event_id) select org_id, id from audit_event`,
    );
    await runner.query(`alter table audit_event force row level security`);
  }

  private async exports(runner: QueryRunner): Promise<void> {
    // Which slice of the chain it is, is decided when it begins; no reference to who asked: the record outlives them.
    await runner.query(`
      create table audit_export (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        format text not null,
        status smallint not null,
        from_time timestamptz,
        to_time timestamptz,
        first_seq bigint,
        last_seq bigint,
        attempts integer not null default 0,
        error text not null default '',
        requested_by uuid not null,
        created_at timestamptz not null,
        completed_at timestamptz,
        expires_at timestamptz,
        primary key (org_id, id),
        constraint audit_export_format check (format in ('csv', 'json', 'parquet')))`);
    await tenantTable(runner, 'audit_export');
    await runner.query(`create index audit_export_newest on audit_export (org_id, created_at desc, id desc)`);
  }

  private async filters(runner: QueryRunner): Promise<void> {
    // Serve ListAuditEvents with a filter by type or by actor.
    for (const column of ['event_type', 'actor_id']) {
      await runner.query(`
        create index audit_event_${column} on audit_event (org_id, ${column}, created_at desc, id desc)`);
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
