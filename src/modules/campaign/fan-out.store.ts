import { Injectable } from '@nestjs/common';
import { setStatement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';
import type { RenderedContent } from '../render/index.js';
import type { Campaign } from './campaign.js';
import { deliveryStatus, deliveryKind, type DeliveryStatus } from './status.js';
import { memberStatus } from '../member/index.js';
import { tickInboxesOf } from './inbox-clock.js';

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
  status: DeliveryStatus;
  content: RenderedContent | undefined;
  /** Why it failed; empty otherwise. */
  failure: string;
  deviceIds: string[];
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
// The inbox clocks are locked first and in one order, as everywhere: see table inbox.
const insertDeliveries = setStatement(
  'fan_out.insert_deliveries',
  `with given as (
     select * from unnest($4::uuid[], $5::uuid[], $6::smallint[], $7::text[], $8::text[], $9::text[])
       as g (id, user_id, status, content_id, locale, failure)
   ), ${tickInboxesOf('given')}
   insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, critical, rendered_locale,
                         failure, synthetic, created_at, sent_at, changed_at)
   select $1, given.id, $2, $3, given.user_id, ${deliveryKind.primary}, given.status, given.content_id, $10,
          given.locale, given.failure, $11, $12,
          case when given.status = ${deliveryStatus.sent} then $12::timestamptz end, clock.changed_at
     from given join clock on clock.user_id = given.user_id
   on conflict on constraint delivery_once_key do nothing
   returning id`,
);
const insertPushes = setStatement(
  'fan_out.insert_pushes',
  `insert into push_outbox (org_id, delivery_id, device_id, created_at)
   select $1, p.delivery_id, p.device_id, $4 from unnest($2::uuid[], $3::uuid[]) as p (delivery_id, device_id)
   on conflict do nothing`,
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

  /** Writes a piece of the ledger; returns how many of its deliveries are new. */
  async insert(scope: Scope, batch: DeliveryBatch): Promise<number> {
    if (batch.deliveries.length === 0) return 0;
    await this.insertMessages(scope, batch.deliveries);
    const created = await this.insertDeliveries(scope, batch);
    await this.insertPushes(scope, batch, created);
    return created.size;
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

  private async insertDeliveries(scope: Scope, batch: DeliveryBatch): Promise<Set<string>> {
    const tx = await scope.tx();
    const { campaign, stepId, deliveries, createdAt } = batch;
    const rows = await tx.query<{ id: string }>(insertDeliveries, [
      scope.orgId,
      campaign.id,
      stepId,
      deliveries.map(({ id }) => id),
      deliveries.map(({ userId }) => userId),
      deliveries.map(({ status }) => status),
      deliveries.map(({ content }) => content?.contentId ?? null),
      deliveries.map(({ content }) => content?.locale ?? ''),
      deliveries.map(({ failure }) => failure),
      campaign.critical,
      campaign.synthetic,
      createdAt,
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  private async insertPushes(scope: Scope, batch: DeliveryBatch, created: Set<string>): Promise<void> {
    const tx = await scope.tx();
    const pushes = batch.deliveries
      .filter(({ id }) => created.has(id))
      .flatMap(({ id, deviceIds }) => deviceIds.map((deviceId) => ({ id, deviceId })));
    if (pushes.length === 0) return;
    await tx.execute(insertPushes, [
      scope.orgId,
      pushes.map(({ id }) => id),
      pushes.map(({ deviceId }) => deviceId),
      batch.createdAt,
    ]);
  }
}
