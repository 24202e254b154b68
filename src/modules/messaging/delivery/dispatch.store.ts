import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RenderedContent } from '../render/index.js';
import type { Campaign } from '../campaign/campaign.js';
import { deliveryStatus, deliveryKind } from '../campaign/status.js';
import { memberStatus } from '../../people/member/index.js';
import { tickInboxesOf } from './inbox-clock.store.js';

/** One place in the frozen audience, and who stands there today. */
export interface FanOutRecipient {
  position: number;
  userId: string;
  variables: Record<string, string>;
  reachable: boolean;
  restricted: boolean;
}

export interface NewDelivery {
  id: string;
  userId: string;
  /** Undefined when it could not be rendered. */
  content: RenderedContent | undefined;
  /** Why it failed; empty otherwise. */
  failure: string;
}

export interface DeliveryBatch {
  campaign: Campaign;
  stepId: string;
  deliveries: NewDelivery[];
  createdAt: Date;
}

const nextRecipients = setStatement(
  'fan_out.next_recipients',
  `select a.position, a.user_id as "userId", a.variables,
          coalesce(m.status in (${memberStatus.invited}, ${memberStatus.active}), false) as reachable,
          coalesce(m.processing_restricted, false) as restricted
     from campaign_audience_member a
     left join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 and a.position > $3
    order by a.position limit $4`,
);
const insertMessages = setStatement(
  'fan_out.insert_messages',
  `insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
   select $1, m.content_id, m.title, m.body, m.summary, m.preview, m.sender_name, m.actions::jsonb, m.locale
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       as m (content_id, title, body, summary, preview, sender_name, actions, locale)
    order by m.content_id
   on conflict do nothing`,
);
// The inbox clocks are locked first and in one order, as everywhere: see table inbox. Whoever has a copy already keeps
// that one. Phones are looked up by the given ids: a join might read those of the whole organization.
const insertDeliveries = setStatement(
  'fan_out.insert_deliveries',
  `with given as (
     select * from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[])
       as g (id, user_id, content_id, locale, failure)
   ), phone as materialized (
     select user_id, device_id from device where org_id = $1 and user_id = any($5) and active
   ), ${tickInboxesOf('given')}, created as (
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
     returning id, user_id, status
   ), pushed as (
     insert into push_outbox (org_id, delivery_id, device_id, created_at)
     select $1, created.id, phone.device_id, $11 from created join phone on phone.user_id = created.user_id
      where created.status = ${deliveryStatus.sent}
   )
   select count(*)::int as count from created`,
);

@Injectable()
export class FanOutStore {
  async nextRecipients(
    scope: Scope,
    campaignId: string,
    cursor: number,
    limit: number,
  ): Promise<FanOutRecipient[]> {
    const tx = await scope.tx();
    return tx.query<FanOutRecipient>(nextRecipients, [scope.orgId, campaignId, cursor, limit]);
  }

  /** Writes a piece of the ledger, with a push for each device; returns how many of its deliveries are new. */
  async insert(scope: Scope, batch: DeliveryBatch): Promise<number> {
    if (batch.deliveries.length === 0) return 0;
    const [, created] = await Promise.all([
      this.insertMessages(scope, batch.deliveries),
      this.insertDeliveries(scope, batch),
    ]);
    return created;
  }

  private async insertMessages(scope: Scope, deliveries: NewDelivery[]): Promise<void> {
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

  private async insertDeliveries(scope: Scope, batch: DeliveryBatch): Promise<number> {
    const tx = await scope.tx();
    const { campaign, stepId, deliveries, createdAt } = batch;
    const row = await tx.queryOne<{ count: number }>(insertDeliveries, [
      scope.orgId,
      campaign.id,
      stepId,
      deliveries.map(({ id }) => id),
      deliveries.map(({ userId }) => userId),
      deliveries.map(({ content }) => content?.contentId ?? null),
      deliveries.map(({ content }) => content?.locale ?? ''),
      deliveries.map(({ failure }) => failure),
      campaign.critical,
      campaign.synthetic,
      createdAt,
    ]);
    return row?.count ?? 0;
  }
}
