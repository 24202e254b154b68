import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RenderedContent } from '../render/index.js';
import { deliveryKind, deliveryStatus } from './delivery.js';
import { advanceInboxClocks } from './inbox-clock.store.js';
import { enqueuePushes, phonesOf } from './push-outbox.store.js';

export interface NewDelivery {
  id: string;
  userId: string;
  /** Undefined when it could not be rendered. */
  content: RenderedContent | undefined;
  /** Why it failed; empty otherwise. */
  failure: string;
}

/** How many deliveries were written. */
interface Written {
  recipients: number;
  failed: number;
}

/** What a step of a campaign sends to a part of its audience. */
export interface DeliveryBatch {
  campaignId: string;
  stepId: string;
  critical: boolean;
  synthetic: boolean;
  deliveries: readonly NewDelivery[];
}

const insertMessages = setStatement(
  'dispatch.insert_messages',
  `insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
   select $1, m.content_id, m.title, m.body, m.summary, m.preview, m.sender_name, m.actions::jsonb, m.locale
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       as m (content_id, title, body, summary, preview, sender_name, actions, locale)
    order by m.content_id
   on conflict do nothing`,
);
// The inbox clocks are locked first and in one order, as everywhere: see table inbox. A recipient who has a copy
// already keeps that one.
const insertDeliveries = setStatement(
  'dispatch.insert_deliveries',
  `with given as (
     select * from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[])
       as g (id, user_id, content_id, locale, failure)
   ), ${phonesOf('$5')}, ${advanceInboxClocks('given')}, created as (
     insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, critical,
                           rendered_locale, failure, synthetic, created_at, sent_at, changed_at)
     select $1, n.id, $2, $3, n.user_id, ${deliveryKind.primary}, n.status, n.content_id, $9, n.locale, n.failure,
            $10, $11, case when n.status = ${deliveryStatus.sent} then $11::timestamptz end, clock.changed_at
       from (select given.*,
                    case when content_id is null then ${deliveryStatus.failed}
                         when user_id in (select user_id from phone) then ${deliveryStatus.sent}
                         else ${deliveryStatus.noDevice} end as status from given) n
       join clock on clock.user_id = n.user_id
     on conflict on constraint delivery_once_key do nothing
     returning id, user_id, step_id, round, status
   ), sent as (
     select id, user_id, step_id, round from created where status = ${deliveryStatus.sent}
   ), ${enqueuePushes('sent', '$11')}
   select count(*)::int as recipients, (count(*) filter (where status = ${deliveryStatus.failed}))::int as failed from created`,
);

/** Writes new deliveries: texts, inboxes, ledger and pushes. */
@Injectable()
export class DispatchStore {
  /** Returns how many of the deliveries are new, and how many of these could not be rendered. */
  async insert(scope: Scope, batch: DeliveryBatch): Promise<Written> {
    if (batch.deliveries.length === 0) return { recipients: 0, failed: 0 };
    const [, created] = await Promise.all([
      this.insertMessages(scope, batch.deliveries),
      this.insertDeliveries(scope, batch),
    ]);
    return created;
  }

  private async insertMessages(scope: Scope, deliveries: readonly NewDelivery[]): Promise<void> {
    const tx = await scope.tx();
    const byId = new Map(
      deliveries.flatMap(({ content }) => (content ? [[content.contentId, content] as const] : [])),
    );
    const contents = [...byId.values()];
    await tx.execute(insertMessages, [
      scope.orgId,
      contents.map(({ contentId }) => contentId),
      contents.map(({ title }) => title),
      contents.map(({ body }) => body),
      contents.map(({ summary }) => summary),
      contents.map(({ preview }) => preview),
      contents.map(({ senderName }) => senderName),
      contents.map(({ actions }) => JSON.stringify(actions)),
      contents.map(({ locale }) => locale),
    ]);
  }

  private async insertDeliveries(scope: Scope, batch: DeliveryBatch): Promise<Written> {
    const tx = await scope.tx();
    const { campaignId, stepId, deliveries, critical, synthetic } = batch;
    const row = await tx.queryOne<Written>(insertDeliveries, [
      scope.orgId,
      campaignId,
      stepId,
      deliveries.map(({ id }) => id),
      deliveries.map(({ userId }) => userId),
      deliveries.map(({ content }) => content?.contentId ?? null),
      deliveries.map(({ content }) => content?.locale ?? ''),
      deliveries.map(({ failure }) => failure),
      critical,
      synthetic,
      scope.now(),
    ]);
    return row ?? { recipients: 0, failed: 0 };
  }
}
