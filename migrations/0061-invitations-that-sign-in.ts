import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Invitations whose mailed link signs in: they expire, and a link works while it is the last one that was mailed.
 * Organizations say when their settings were last changed.
 */
export class InvitationsThatSignIn implements MigrationInterface {
  readonly name = 'InvitationsThatSignIn1000000000061';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table member add column invitation_sent_at timestamptz`);
    await runner.query(`alter table organization add column updated_at timestamptz`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
