import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a campaign pauses itself. */
export class AutomaticPauses implements MigrationInterface {
  readonly name = 'AutomaticPauses1000000000081';

  async up(runner: QueryRunner): Promise<void> {
    // In percent of its messages; 0: never.
    await runner.query(`alter table campaign add column pause_at_failed_percent smallint not null default 0`);
    // Once is enough: a caller who resumes it has seen why.
    await runner.query(`alter table campaign_run add column paused_itself boolean not null default false`);
    await runner.query(`alter table campaign_counter add column failed integer not null default 0`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
