import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Connections that somebody set up who may do everything there speak for everybody, whatever roles come to hold later. */
export class ReachOfConnections implements MigrationInterface {
  readonly name = 'ReachOfConnections1000000000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sso_connection add speaks_for_all boolean not null default false`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['sso_connection', 'role'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      update sso_connection c set speaks_for_all = true from role r
       where r.org_id = c.org_id and r.slug = 'super_admin' and r.permissions <@ c.ceiling`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
    await runner.query(`alter table sso_connection alter speaks_for_all drop default`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
