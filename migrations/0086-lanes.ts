import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The lane whose jobs a worker runs, and the number of acknowledgements at which a campaign is checked. */
export class Lanes implements MigrationInterface {
  readonly name = 'Lanes1000000000086';

  async up(runner: QueryRunner): Promise<void> {
    // Empty: a worker of an earlier release, which runs all jobs.
    await runner.query(`alter table worker_heartbeat add lane text not null default ''`);
    // The number of acknowledgements of the campaign at which no open delivery may be left. Null: not counted yet.
    await runner.query(`alter table campaign_run add enough integer`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
