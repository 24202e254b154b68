import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Captured mail (development) and the heartbeat by which a killed worker's jobs are found. Neither is a tenant's. */
export class MailAndWorkers implements MigrationInterface {
  readonly name = 'MailAndWorkers1000000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table captured_mail (
        id uuid primary key,
        recipient text not null,
        subject text not null,
        body text not null,
        created_at timestamptz not null default now())`);
    await runner.query(`create index captured_mail_newest on captured_mail (created_at desc)`);
    await runner.query(`
      create table worker_heartbeat (
        worker_id text primary key,
        seen_at timestamptz not null)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
