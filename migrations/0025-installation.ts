import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One row about the installation itself: a check value, by which a start sees whether it has the right master key. */
export class Installation implements MigrationInterface {
  readonly name = 'Installation1000000000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table installation (
        is_only boolean primary key default true check (is_only),
        key_check bytea not null check (length(key_check) = 32),
        created_at timestamptz not null default now())`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
