import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every later table leans on: the scope of the transaction. */
export class IdsAndScope implements MigrationInterface {
  readonly name = 'IdsAndScope1000000000001';

  async up(runner: QueryRunner): Promise<void> {
    // The setting is '' and not null after the first transaction on a pooled connection, hence nullif.
    await runner.query(`
      create function app_org_id() returns uuid language sql stable parallel safe
        as $$ select nullif(current_setting('app.org_id', true), '')::uuid $$`);
    await runner.query(`
      create function app_identity_id() returns uuid language sql stable parallel safe
        as $$ select nullif(current_setting('app.identity_id', true), '')::uuid $$`);
    await runner.query(`
      create function app_api_key_hash() returns bytea language sql stable parallel safe
        as $$ select decode(nullif(current_setting('app.api_key_hash', true), ''), 'hex') $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
