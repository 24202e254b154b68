import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What signing out through OpenID Connect needs: the ID token as a hint, and sessions by the provider's name for them. */
export class OidcLogout implements MigrationInterface {
  readonly name = 'OidcLogout1000000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sso_login add sealed_id_token bytea`);
    // Serves a logout token that names a session and no subject.
    await runner.query(`
      create index sso_login_session_index on sso_login (org_id, connection_id, session_index)
        where session_id is not null and session_index <> ''`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
