import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roads from a person, and from a text that was made for them, to what is to be given out or deleted with them. */
export class FoundByPerson implements MigrationInterface {
  readonly name = 'FoundByPerson1000000000023';

  async up(runner: QueryRunner): Promise<void> {
    // Serves "who else has received this text", and the reference to it: without, each text that is deleted reads the
    // deliveries of the organization twice.
    await runner.query(
      `create index delivery_message on delivery (org_id, content_id) where content_id is not null`,
    );
    // Beside delivery_inbox, which has those with a text.
    await runner.query(
      `create index delivery_without_text on delivery (org_id, user_id) where content_id is null`,
    );
    // Serve exports of a person's data. Events of the data plane are about deliveries and stay out.
    await runner.query(
      `create index audit_event_subject on audit_event (org_id, entity_id) where entity_type = 'user'`,
    );
    await runner.query(
      `create index sso_login_user on sso_login (org_id, user_id) where user_id is not null`,
    );
    // Serves the end of a session that a provider began.
    await runner.query(
      `create index sso_login_session on sso_login (org_id, session_id) where session_id is not null`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
