import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The latest backups of the installation, so that an operator sees when one has failed. They are of no tenant. */
export class BackupRuns implements MigrationInterface {
  readonly name = 'BackupRuns1000000000106';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table backup_run (
        id bigint primary key generated always as identity,
        place text not null,
        began_at timestamptz not null,
        ended_at timestamptz not null,
        -- Null: it is complete.
        error text
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
