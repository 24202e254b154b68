import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The pause of a campaign: a fact of its run, which goes with it. */
export class Pauses implements MigrationInterface {
  readonly name = 'Pauses1000000000080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table campaign_run
        add column paused_at timestamptz,
        -- Null: the server itself.
        add column paused_by uuid,
        add column pause_reason text not null default ''`);
    // Of a paused campaign: no attempt begins.
    await runner.query(`alter table webhook_call add column held boolean not null default false`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
