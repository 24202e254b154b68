import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A worker that stops leaves its last sign of life behind: since when no jobs are done can be told. */
export class StoppedWorkers implements MigrationInterface {
  readonly name = 'StoppedWorkers1000000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table worker_heartbeat add stopped_at timestamptz`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
