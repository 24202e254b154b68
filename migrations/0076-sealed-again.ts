import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets `dovecote rotate-keys` find the organizations, whose sealed values it seals again one organization at a time. */
export class SealedAgain implements MigrationInterface {
  readonly name = 'SealedAgain1000000000076';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create policy sealed on organization for select using ((select app_lookup('sealed')) = 'all')`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
