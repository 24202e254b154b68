import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every later table leans on: the transaction's scope and time-ordered ids made inside the database. */
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
    // UUIDv7 (RFC 9562) for set-based inserts; PostgreSQL has it built in only from 18 on.
    await runner.query(`
      create function uuid_v7() returns uuid language sql volatile parallel safe as $$
        select encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid()) placing
              substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
            52, 1), 53, 1), 'hex')::uuid $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
