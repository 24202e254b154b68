import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a workflow that chases people needs of the ledger: rounds of a step, several copies for one person, and pushes
 * that say which step they are of. A process of the release before goes on: all new columns have defaults.
 */
export class ChasingCampaigns implements MigrationInterface {
  readonly name = 'ChasingCampaigns1000000000073';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table campaign_run
        add column engine_version smallint not null default 1,
        add column round smallint not null default 0`);
    await this.copies(runner);
    await this.pushes(runner);
  }

  /** One person may have a copy for each of the people they answer for, and in each round. */
  private async copies(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table delivery add column round smallint not null default 0`);
    await runner.query(`alter table delivery drop constraint delivery_once_key`);
    await runner.query(`
      alter table delivery add constraint delivery_once_key unique nulls not distinct
        (org_id, campaign_id, step_id, round, kind, user_id, parent_delivery_id)`);
  }

  /** `state` 1: waiting to be handed to a provider. `attempt`: how often it was. */
  private async pushes(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table push_outbox
        add column step_id text not null default '',
        add column round smallint not null default 0,
        add column state smallint not null default 1,
        add column attempt smallint not null default 0`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    for (const table of ['delivery', 'push_outbox'])
      await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      update push_outbox p set step_id = d.step_id from delivery d where d.org_id = p.org_id and d.id = p.delivery_id`);
    for (const table of ['delivery', 'push_outbox'])
      await runner.query(`alter table ${table} force row level security`);
    await runner.query(`alter table push_outbox drop constraint push_outbox_pkey`);
    await runner.query(`
      alter table push_outbox add constraint push_outbox_pkey
        primary key (org_id, delivery_id, step_id, round, device_id)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
