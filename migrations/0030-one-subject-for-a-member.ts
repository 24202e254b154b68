import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** A member has one account at each provider, and roles that a provider's groups gave are known as such. */
export class OneSubjectForAMember implements MigrationInterface {
  readonly name = 'OneSubjectForAMember1000000000030';

  async up(runner: QueryRunner): Promise<void> {
    await this.subjects(runner);
    await this.mappedRoles(runner);
  }

  /**
   * What was bound before this rule still leads to its member. Of several the newest counts, and none that is an
   * address: SAML names people by those without promising that they stay the same person's.
   */
  private async subjects(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sso_subject add exclusive boolean not null default true`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['sso_subject', 'sso_connection'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      update sso_subject s set exclusive = false from sso_connection c
       where c.org_id = s.org_id and c.id = s.connection_id and c.saml is not null and position('@' in s.subject) > 0`);
    await runner.query(`
      update sso_subject s set exclusive = false
       where s.exclusive and exists (
         select from sso_subject later
          where later.org_id = s.org_id and later.connection_id = s.connection_id and later.user_id = s.user_id
            and later.exclusive and (later.created_at, later.subject) > (s.created_at, s.subject))`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
    await runner.query(`
      create unique index sso_subject_member_key on sso_subject (org_id, connection_id, user_id) where exclusive`);
  }

  private async mappedRoles(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sso_mapped_role (
        org_id uuid not null,
        connection_id uuid not null,
        user_id uuid not null,
        role_id uuid not null,
        primary key (org_id, connection_id, user_id),
        foreign key (org_id, connection_id) references sso_connection (org_id, id) on delete cascade,
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'sso_mapped_role');
    await runner.query(`create index sso_mapped_role_user on sso_mapped_role (org_id, user_id)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
