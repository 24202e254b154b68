import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/**
 * Seconds for the same deliveries by one plain INSERT … SELECT: into the same table, with its keys, indexes and
 * foreign keys, but for another campaign, without row-level security, inboxes, pushes or anything else.
 */
export async function insertSelect(owner: Client, campaignId: string): Promise<number> {
  const copy = randomUUID();
  await owner.query(
    `insert into campaign select (jsonb_populate_record(c, jsonb_build_object('id', $2::text))).* from campaign c
      where id = $1`,
    [campaignId, copy],
  );
  const begin = performance.now();
  await owner.query(
    `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, critical,
                           rendered_locale, failure, synthetic, created_at, sent_at, changed_at)
     select org_id, uuidv7(), $2, step_id, user_id, kind, status, content_id, critical, rendered_locale, failure,
            synthetic, created_at, sent_at, changed_at
       from delivery where campaign_id = $1`,
    [campaignId, copy],
  );
  return (performance.now() - begin) / 1000;
}

/** Forgets what earlier campaigns left, so that each size starts from the same tables. */
export async function clear(owner: Client): Promise<void> {
  await owner.query('truncate push_outbox, delivery, message, inbox, campaign cascade');
  await owner.query('vacuum analyze');
  await owner.query('checkpoint');
}
