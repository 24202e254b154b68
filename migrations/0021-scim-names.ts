import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names of directories' users as they are compared. An index over lower(user_name) serves nobody: under row-level
 * security a function that is not leakproof is not asked before the policy.
 */
export class ScimNames implements MigrationInterface {
  readonly name = 'ScimNames1000000000021';

  async up(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    await runner.query(`alter table scim_user no force row level security`);
    await runner.query(
      `update scim_user set user_name = lower(user_name) where user_name <> lower(user_name)`,
    );
    await runner.query(`alter table scim_user force row level security`);
    await runner.query(`drop index scim_user_name_key`);
    await runner.query(`
      create unique index scim_user_name_key on scim_user (org_id, connection_id, user_name)
        where deleted_at is null`);
    await runner.query(
      `alter table scim_user add constraint scim_user_name_lower check (user_name = lower(user_name))`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
