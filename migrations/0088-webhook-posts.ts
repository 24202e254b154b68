import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Posts of the organization's webhook are calls, too: one for each member whom a step reaches in a round. */
export class WebhookPosts implements MigrationInterface {
  readonly name = 'WebhookPosts1000000000088';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table webhook_call
        -- The member of a post. Null: the call of a CALL_WEBHOOK step.
        add column user_id uuid,
        -- Of a post: the message of the recipient that it is about.
        add column delivery_id uuid,
        add column round smallint not null default 0,
        -- Of a post: it is void once the recipient has acknowledged.
        add column void_once_acknowledged boolean not null default false,
        add constraint webhook_call_post check ((user_id is null) = (delivery_id is null)),
        drop constraint webhook_call_once_key,
        add constraint webhook_call_once_key
          unique nulls not distinct (org_id, campaign_id, step_id, round, delivery_id, user_id)`);
    // Lists hold calls of steps or posts: there are many more posts.
    await runner.query(`drop index webhook_call_newest, webhook_call_failed`);
    for (const [prefix, which] of [
      ['webhook_call', 'user_id is null'],
      ['webhook_post', 'user_id is not null'],
    ]) {
      await runner.query(
        `create index ${prefix}_newest on webhook_call (org_id, created_at, id) where ${which}`,
      );
      await runner.query(
        `create index ${prefix}_failed on webhook_call (org_id, created_at, id) where outcome = 2 and ${which}`,
      );
    }
    // Serves the posts that are due.
    await runner.query(
      `create index webhook_post_due on webhook_call (org_id, next_attempt_at, id)
        where user_id is not null and outcome is null and not held`,
    );
    // Serves the export and erasure of a member.
    await runner.query(
      `create index webhook_post_user on webhook_call (org_id, user_id, id) where user_id is not null`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
