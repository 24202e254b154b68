import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Statistics soon after a large load, however large the tables are by then. PostgreSQL takes an organization that its
 * statistics have not seen for one of a single row, and plans accordingly.
 */
export class FreshStatistics implements MigrationInterface {
  readonly name = 'FreshStatistics1000000000013';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, rows] of [
      ['member', 5_000],
      ['device', 5_000],
      ['campaign_audience_member', 20_000],
      ['delivery', 50_000],
    ]) {
      await runner.query(`
        alter table ${table} set (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = ${rows})`);
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
