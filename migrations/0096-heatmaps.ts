import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Heat maps of organizations, the noise of each of their days, and how many touches a person still has today. See ADR 101. */
export class Heatmaps implements MigrationInterface {
  readonly name = 'Heatmaps1000000000096';

  async up(runner: QueryRunner): Promise<void> {
    // The number names the touches of the organization in the analytics store, as that of a project names events. They
    // share one range, in which projects count from 1. The seed is the secret from which all noise follows; made new, it
    // would give every question a second answer.
    await runner.query(`
      create table heatmap (
        org_id uuid primary key references organization (id) on delete cascade,
        number integer not null generated always as identity (start with 1073741824),
        sealed_seed bytea not null,
        created_at timestamptz not null,
        constraint heatmap_number_key unique (number))`);
    await tenantTable(runner, 'heatmap');
    // As for a project: its version rises with what is stored, and goes last; its rows in the analytics store are deleted.
    await runner.query(`
      create trigger begin_analytics_version after insert on heatmap for each row
        execute function begin_analytics_version()`);
    await runner.query(`
      create constraint trigger end_analytics_version after delete on heatmap deferrable initially deferred
        for each row execute function end_analytics_version()`);
    await runner.query(`
      create constraint trigger end_dead_letters after delete on heatmap deferrable initially deferred
        for each row execute function end_dead_letters()`);
    await runner.query(`
      create trigger note_deleted_project after delete on heatmap for each row
        execute function note_deleted_project()`);

    // Of no tenant, like the visitors of a day: a row leads to no organization and to no person once the salt of its day is
    // forgotten. What a call was granted is kept beside the sums, because PostgreSQL returns old values only from version 18 on.
    await runner.query(`
      create unlogged table touch_allowance (
        person uuid primary key,
        day date not null,
        touches smallint not null,
        scrolls smallint not null,
        granted_touches smallint not null,
        granted_scrolls smallint not null
      ) with (fillfactor = 50)`);
    await runner.query(`create index touch_allowance_day on touch_allowance (day)`);

    // Which epsilon holds from which day on. What was in force until now holds for every day before.
    await runner.query(`
      create table analytics_epsilon (
        org_id uuid not null references organization (id) on delete cascade,
        from_day date not null,
        epsilon real not null,
        primary key (org_id, from_day))`);
    await tenantTable(runner, 'analytics_epsilon');
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['analytics_cohort', 'analytics_epsilon'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      insert into analytics_epsilon (org_id, from_day, epsilon)
      select org_id, date '1970-01-01', epsilon from analytics_cohort where epsilon <> 1`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
