import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Events of each day, and the limit of those of a month. See ADR 85. */
export class Usage implements MigrationInterface {
  readonly name = 'Usage1000000000068';

  async up(runner: QueryRunner): Promise<void> {
    // The version at which the events of the project were counted last; null: never.
    await runner.query(`alter table analytics_version add column counted_version bigint`);

    // What was used stays when its project is deleted: no foreign key. The id is for members, the number names the project.
    await runner.query(`
      create table usage_day (
        org_id uuid not null,
        day date not null,
        project integer not null,
        project_id uuid not null,
        events bigint not null check (events >= 0),
        primary key (org_id, day, project))`);
    // What of a project was counted when, and for how long. Another event under an event id is looked for up to
    // ids_checked_until.
    await runner.query(`
      create table usage_count (
        org_id uuid not null,
        project integer not null,
        counted_at timestamptz not null,
        took_ms integer not null,
        complete_at timestamptz not null,
        ids_checked_until timestamptz not null,
        primary key (org_id, project),
        foreign key (org_id, project) references project (org_id, number) on delete cascade)`);
    // Null: as configured. 0 events: no limit.
    await runner.query(`
      create table usage_limit (
        org_id uuid primary key,
        monthly_events bigint check (monthly_events >= 0),
        refuses boolean)`);
    await runner.query(`
      create table usage_warning (
        org_id uuid not null,
        period_start date not null,
        percent smallint not null,
        events bigint not null,
        monthly_events bigint not null,
        warned_at timestamptz not null,
        primary key (org_id, period_start, percent))`);
    // Organizations whose events are refused until then.
    await runner.query(`create table usage_refusal (org_id uuid primary key, until timestamptz not null)`);
    for (const table of ['usage_day', 'usage_count', 'usage_limit', 'usage_warning', 'usage_refusal'])
      await tenantTable(runner, table);

    const isUsage = `(select current_setting('app.lookup', true)) = 'usage:all'`;
    for (const table of ['analytics_version', 'usage_refusal'])
      await runner.query(`create policy usage on ${table} for select using (${isUsage})`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
