import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import type { RenderedContent } from '../render/index.js';
import { deliveryStatus, notReceived } from './delivery.js';
import { advanceInboxClocks } from './inbox-clock.store.js';
import { phonesOf } from './push-outbox.store.js';

/** A message for one member. */
export interface NewTestMessage {
  readonly id: string;
  readonly userId: string;
  readonly content: RenderedContent;
}

/** One test. */
export interface TestBatch {
  readonly id: string;
  /** Null for a test of a template. */
  readonly campaignId: string | null;
  /** Empty for a test of a template. */
  readonly stepId: string;
  readonly critical: boolean;
  readonly messages: readonly NewTestMessage[];
}

// The inbox clocks are locked first and in one order, as everywhere: see table inbox.
const insert = setStatement(
  'test_message.insert',
  `with given as (
     select g.* from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                            $11::text[], $12::text[])
       as g (id, user_id, content_id, title, body, summary, preview, sender_name, actions, locale)
       join member m on m.org_id = $1 and m.id = g.user_id
         and m.status in (${memberStatus.invited}, ${memberStatus.active})
   ), ${phonesOf('$4')}, ${advanceInboxClocks('given')}, created as (
     insert into test_message (org_id, id, batch_id, user_id, sent_by, campaign_id, step_id, status, content_id, title, body,
                               summary, preview, sender_name, actions, locale, critical, created_at, changed_at)
     select $1, g.id, $2, g.user_id, $13, $14, $15,
            case when g.user_id in (select user_id from phone) then ${deliveryStatus.sent}
                 else ${deliveryStatus.noDevice} end,
            g.content_id, g.title, g.body, g.summary, g.preview, g.sender_name, g.actions::jsonb, g.locale, $16, $17,
            clock.changed_at
       from given g join clock on clock.user_id = g.user_id
     returning id, user_id, status
   ), pushed as (
     insert into push_outbox (org_id, delivery_id, step_id, round, device_id, user_id, created_at)
     select $1, c.id, $15, 0, phone.device_id, c.user_id, $17 from created c join phone on phone.user_id = c.user_id
   )
   select user_id as "userId", status = ${deliveryStatus.noDevice} as "withoutDevice" from created`,
);
const undelivered = notReceived.join(', ');
const lock = statement(
  'test_message.lock_inbox',
  'select from inbox where org_id = $1 and user_id = $2 for update',
);
const tick = statement(
  'test_message.tick_inbox',
  `update inbox set changed_at = greatest(clock_timestamp(), changed_at + interval '1 microsecond')
    where org_id = $1 and user_id = $2`,
);
const markDelivered = statement(
  'test_message.mark_delivered',
  `update test_message set status = ${deliveryStatus.delivered}
    where org_id = $1 and user_id = $2 and id = any($3) and status in (${undelivered}) returning id`,
);
const changed = '(select changed_at from inbox where org_id = $1 and user_id = $2)';
const markRead = statement(
  'test_message.mark_read',
  `update test_message set read_at = $4, changed_at = ${changed}
    where org_id = $1 and user_id = $2 and id = $3 and read_at is null`,
);
const acknowledge = statement(
  'test_message.acknowledge',
  `update test_message set status = ${deliveryStatus.acknowledged}, changed_at = ${changed}
    where org_id = $1 and user_id = $2 and id = $3 and status in (${undelivered}, ${deliveryStatus.delivered})`,
);
const remove = statement(
  'test_message.delete',
  `with removed as (
     delete from test_message where org_id = $1 and batch_id = $2 returning id)
   delete from push_outbox where org_id = $1 and delivery_id = any(array(select id from removed))`,
);

/** Test messages, and what their recipients do with them. They are no deliveries: nothing that counts these reads them. */
@Injectable()
export class TestMessageStore {
  /** The members who got it: one who has left at this moment does not. */
  async insert(scope: Scope, batch: TestBatch): Promise<{ userId: string; withoutDevice: boolean }[]> {
    const { id, campaignId, stepId, critical, messages } = batch;
    if (messages.length === 0) return [];
    const contents = messages.map(({ content }) => content);
    const tx = await scope.tx();
    return tx.query<{ userId: string; withoutDevice: boolean }>(insert, [
      scope.orgId,
      id,
      messages.map((message) => message.id),
      messages.map(({ userId }) => userId),
      contents.map(({ contentId }) => contentId),
      contents.map(({ title }) => title),
      contents.map(({ body }) => body),
      contents.map(({ summary }) => summary),
      contents.map(({ preview }) => preview),
      contents.map(({ senderName }) => senderName),
      contents.map(({ actions }) => JSON.stringify(actions)),
      contents.map(({ locale }) => locale),
      scope.actorId,
      campaignId,
      stepId,
      critical,
      scope.now(),
    ]);
  }

  /** Notes that the recipient's client has the entries; returns those for which that is news. */
  async markDelivered(scope: Scope, ids: readonly string[]): Promise<Set<string>> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId, scope.userId]);
    const rows = await tx.query<{ id: string }>(markDelivered, [scope.orgId, scope.userId, ids]);
    return new Set(rows.map(({ id }) => id));
  }

  async markRead(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(tick, [scope.orgId, scope.userId]);
    await tx.execute(markRead, [scope.orgId, scope.userId, id, scope.now()]);
  }

  /** False when it was acknowledged before. */
  async acknowledge(scope: Scope, id: string): Promise<boolean> {
    const tx = await scope.tx();
    await tx.execute(tick, [scope.orgId, scope.userId]);
    return (await tx.execute(acknowledge, [scope.orgId, scope.userId, id])).rowCount === 1;
  }

  /** Deletes the messages of a test, and their pushes. */
  async delete(scope: Scope, batchId: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, batchId]);
  }
}
