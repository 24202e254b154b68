import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Numbers of pidgr.v1.Permission: ANALYTICS_READ and ANALYTICS_WRITE. */
const added = '{1001,1002}';

/** What each seeded role held on the day of this migration, by slug. */
const seeded = {
  super_admin: '{}',
  admin: '{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,21,22,29,30}',
  manager: '{1,3,4,6,7,8,9,10,11,12,13,14,16,17,22}',
};

/**
 * Gives the new permissions to the roles that a new organization has them in. A role whose permissions an organization
 * has reduced stays as it is: its admins decide whether it gets them.
 */
export class AnalyticsPermissions implements MigrationInterface {
  readonly name = 'AnalyticsPermissions1000000000052';

  async up(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    await runner.query('alter table role no force row level security');
    for (const [slug, permissions] of Object.entries(seeded)) {
      await runner.query(
        `update role set permissions = permissions || $2::smallint[]
          where slug = $1 and is_default and permissions @> $3::smallint[] and not permissions && $2::smallint[]`,
        [slug, added, permissions],
      );
    }
    await runner.query('alter table role force row level security');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
