import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Which sessions an organization may know of, and which exports are the person's alone. */
export class SessionsOfOrganizations implements MigrationInterface {
  readonly name = 'SessionsOfOrganizations1000000000036';

  async up(runner: QueryRunner): Promise<void> {
    // A session is the person's, in all their organizations; each knows of those that have worked in it.
    await runner.query(`
      create table session_use (
        org_id uuid not null,
        user_id uuid not null,
        session_id uuid not null references session (id) on delete cascade,
        first_used_at timestamptz not null,
        primary key (org_id, user_id, session_id),
        foreign key (org_id, user_id) references member (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'session_use');
    // Serves the end of a session.
    await runner.query(`create index session_use_session on session_use (session_id)`);

    await runner.query(`alter table privacy_request add personal boolean not null default false`);
    // Exports from before hold everything, whoever asked for them: from now on they are for whom they are about.
    await runner.query(`alter table privacy_request no force row level security`);
    await runner.query(
      `update privacy_request set personal = true where kind = 'export' and user_id is not null`,
    );
    await runner.query(`alter table privacy_request force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
