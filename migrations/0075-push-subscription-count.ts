import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** How many devices each project has, so that a public key cannot make them endless. */
export class PushSubscriptionCount implements MigrationInterface {
  readonly name = 'PushSubscriptionCount1000000000075';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table push_subscription_count (
        org_id uuid not null,
        project integer not null,
        devices bigint not null,
        primary key (org_id, project),
        foreign key (org_id, project) references project (org_id, number) on delete cascade
      ) with (fillfactor = 50)`);
    await tenantTable(runner, 'push_subscription_count');
    // Counted where no statement can forget it. What an insert updates is no new row.
    await count(
      runner,
      'insert',
      `insert into push_subscription_count as counted (org_id, project, devices)
       select org_id, project, count(*) from changed group by org_id, project order by org_id, project
       on conflict (org_id, project) do update set devices = counted.devices + excluded.devices`,
    );
    await count(
      runner,
      'delete',
      `update push_subscription_count counted set devices = counted.devices - gone.devices
         from (select org_id, project, count(*) as devices from changed group by org_id, project) gone
        where counted.org_id = gone.org_id and counted.project = gone.project`,
    );
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['push_subscription', 'push_subscription_count'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      insert into push_subscription_count (org_id, project, devices)
      select org_id, project, count(*) from push_subscription group by org_id, project`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

async function count(runner: QueryRunner, event: 'insert' | 'delete', change: string): Promise<void> {
  const rows = event === 'insert' ? 'new table' : 'old table';
  await runner.query(`
    create function count_push_subscriptions_${event}() returns trigger language plpgsql as $$
    begin
      ${change};
      return null;
    end $$`);
  await runner.query(`
    create trigger count_${event} after ${event} on push_subscription referencing ${rows} as changed
      for each statement execute function count_push_subscriptions_${event}()`);
}
