import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether Alias said that an id is the profile's person. An id that Identify linked as an anonymous one becomes the external
 * id of a profile of its own when it is identified itself. See ADR 73.
 */
export class LinksByAlias implements MigrationInterface {
  readonly name = 'LinksByAlias1000000000060';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table profile_alias add column by_alias boolean not null default false`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
