import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/**
 * A number for each project that rises with every change of what the analytics store holds of it, in the transaction that
 * ends the change. An answer that was computed at a number holds as long as the number stays. See ADR 79.
 */
export class AnalyticsVersions implements MigrationInterface {
  readonly name = 'AnalyticsVersions1000000000059';

  async up(runner: QueryRunner): Promise<void> {
    // Apart from the project, whose row a change of its settings locks. A busy project's row changes twice a second.
    await runner.query(`
      create table analytics_version (
        org_id uuid not null,
        project integer not null,
        version bigint not null default 1,
        primary key (org_id, project),
        foreign key (org_id, project) references project (org_id, number) on delete cascade
      ) with (fillfactor = 50)`);
    await tenantTable(runner, 'analytics_version');
    const isWorker = `(select current_setting('app.lookup', true)) in ('ingest_queue:drain', 'profiles:mirror')`;
    await runner.query(
      `create policy workers on analytics_version using (${isWorker}) with check (${isWorker})`,
    );
    // What a worker stores of a project that was deleted meanwhile raises nothing.
    await runner.query(`create policy workers on project for select using (${isWorker})`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
