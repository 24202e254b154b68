import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The drain takes batches of all projects in turn, and apart from them those of many months and those that broke the store.
 * The conditions are those of `ingest-queue.store.ts`.
 */
export class TurnsOfTheIngestQueue implements MigrationInterface {
  readonly name = 'TurnsOfTheIngestQueue1000000000058';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index ingest_batch_turns on ingest_batch (org_id, project, id)
       where cardinality(months) <= 50 and attempts = 0`);
    await runner.query(`
      create index ingest_batch_apart on ingest_batch (org_id, project, id)
       where cardinality(months) > 50 or attempts > 0`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
