import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Forgetting salts needs the table for itself. While it waits for that, for instance behind pg_dump, everything that reads a
 * salt waits behind it: it gives up soon, and tries again a minute later.
 */
export class BoundedForgetting implements MigrationInterface {
  readonly name = 'BoundedForgetting1000000000057';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter function forget_cookieless_salts(date) set lock_timeout = '500ms'`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
