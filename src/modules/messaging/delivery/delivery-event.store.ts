import { Injectable } from '@nestjs/common';
import { setStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deliveryKind, type DeliveryKind } from './delivery.js';

/** What can happen to a delivery. The first five are noted by triggers of the table (migration 0102). */
export type DeliveryEvent =
  'sent' | 'delivered' | 'read' | 'acknowledged' | 'missed' | 'reminded' | 'escalated';

/** Something that happened to a delivery, and what it was a delivery of. */
export interface NotedEvent {
  readonly event: DeliveryEvent;
  readonly at: Date;
  readonly deliveryId: string;
  /** The recipient. */
  readonly userId: string;
  readonly kind: DeliveryKind;
  readonly campaignId: string;
  readonly campaignName: string;
  /** The step that did it: of the delivery itself, or a later one. */
  readonly stepId: string;
  readonly round: number;
  readonly templateId: string;
  readonly locale: string;
}

/** The round of a step that follows up on deliveries. */
export interface FollowUpRound {
  readonly campaignId: string;
  readonly stepId: string;
  readonly round: number;
}

/** What waits, of all organizations. */
export interface WaitingDeliveryEvents {
  readonly events: number;
  /** How long the oldest has waited. */
  readonly ageSeconds: number;
}

/** A row holds the deliveries of one statement: two thousand of a fan-out, or one. */
const ROWS_AT_ONCE = 500;
const EVENTS_AT_ONCE = 5_000;

const isFed = 'exists (select from campaign_feed where org_id = $1)';

/**
 * `reached`: when what concerns the delivery `given.id` was written. As often as a round is repeated, the event has the time of the
 * first. One lookup by key for each delivery, whatever the statistics say of a campaign that has just begun.
 */
const note = (event: DeliveryEvent, reached: string): string => `
  insert into delivery_event (org_id, kind, step_id, round, at, delivery_ids)
  select $1, '${event}', $3, $4, first.at, array_agg(given.id)
    from unnest($5::uuid[]) as given (id)
   cross join lateral (select min(at) as at from (${reached}) r) first
   where ${isFed} and first.at is not null
     and exists (select from campaign where org_id = $1 and id = $2 and not synthetic)
   group by first.at`;
const pushes = (whom: string): string => `
  select created_at as at from push_outbox
   where org_id = $1 and delivery_id = given.id and step_id = $3 and round = $4 and user_id is ${whom}`;
const posts = (compared: string): string => `
  select created_at from webhook_call
   where org_id = $1 and campaign_id = $2 and step_id = $3 and round = $4 and delivery_id = given.id
     and user_id ${compared} (select user_id from delivery where org_id = $1 and id = given.id)`;
const noteReminded = setStatement(
  'delivery_event.note_reminded',
  note('reminded', `${pushes('null')} union all ${posts('=')}`),
);
const noteEscalated = setStatement(
  'delivery_event.note_escalated',
  note(
    'escalated',
    `${pushes('not null')} union all ${posts('<>')} union all
     select created_at from delivery
      where org_id = $1 and parent_delivery_id = given.id and step_id = $3 and round = $4
        and kind = ${deliveryKind.escalation}`,
  ),
);

// By one probe of the key for each organization.
const organizations = statement(
  'delivery_event.organizations',
  `with recursive waiting (org_id) as (
     (select org_id from delivery_event order by org_id limit 1)
     union all
     select (select e.org_id from delivery_event e where e.org_id > w.org_id order by e.org_id limit 1)
       from waiting w where w.org_id is not null
   )
   select org_id as "orgId" from waiting where org_id is not null`,
);
const waiting = setStatement(
  'delivery_event.waiting',
  `select coalesce(sum(cardinality(delivery_ids)), 0)::float8 as events,
          coalesce(greatest(extract(epoch from now() - min(at)), 0), 0)::float8 as "ageSeconds"
     from delivery_event`,
);
const waitingOfOrganization = setStatement(
  'delivery_event.waiting_of_organization',
  `select coalesce(sum(cardinality(delivery_ids)), 0)::float8 as events, min(at) as since
     from delivery_event where org_id = $1`,
);
const drop = statement('delivery_event.drop', 'delete from delivery_event where org_id = $1');

// Each delivery, its recipient and the message of which it is a copy are looked up by their keys, which `offset 0` forces: statistics
// that do not know a large campaign yet would have all its rows compared with all that is taken.
// Nothing about members who may not be counted, who have left the table, or whose deliveries were erased: those are taken, and
// lead to nothing. What another worker has locked is skipped.
const take = setStatement(
  'delivery_event.take',
  `with first as materialized (
     select id, cardinality(delivery_ids) as size from delivery_event
      where org_id = $1 order by id limit ${ROWS_AT_ONCE} for update skip locked
   ), sized as (
     select id, sum(size) over (order by id) - size as before from first
   ), taken as materialized (
     delete from delivery_event
      where org_id = $1 and id = any(array(select id from sized where before < ${EVENTS_AT_ONCE}))
     returning kind, step_id, round, at, delivery_ids
   ), happened as materialized (
     select t.kind as event, t.at, d.id, d.user_id, d.kind, d.campaign_id, d.round, d.rendered_locale,
            coalesce(p.step_id, d.step_id) as sent_by,
            case when t.step_id = '' then d.step_id else t.step_id end as step_id,
            case when t.step_id = '' then d.round else t.round end as step_round
       from taken t
      cross join lateral unnest(t.delivery_ids) as noted (id)
      cross join lateral (
        select id, user_id, kind, campaign_id, step_id, round, rendered_locale, parent_delivery_id
          from delivery where org_id = $1 and id = noted.id offset 0) d
      cross join lateral (
        select from member where org_id = $1 and id = d.user_id and not processing_restricted offset 0) m
       left join lateral (
        select step_id from delivery where org_id = $1 and id = d.parent_delivery_id offset 0) p on true
   ), source as materialized (
     select c.id as campaign_id, c.name, s.step_id, coalesce(
              (select nullif(step -> 'config' ->> 'templateId', '')
                 from jsonb_array_elements(c.workflow -> 'steps') step where step ->> 'id' = s.step_id),
              c.template_id::text) as template_id
       from (select distinct campaign_id, sent_by as step_id from happened) s
       join campaign c on c.org_id = $1 and c.id = s.campaign_id
   )
   select h.event, h.at, h.id as "deliveryId", h.user_id as "userId", h.kind, h.campaign_id as "campaignId",
          s.name as "campaignName", h.step_id as "stepId", h.step_round as round, s.template_id as "templateId",
          h.rendered_locale as locale
     from happened h join source s on s.campaign_id = h.campaign_id and s.step_id = h.sent_by`,
);

/** The settings of a transaction that sees for which organizations something waits; no call runs in one. */
export const deliveryEventSettings = {
  kind: 'job',
  lookup: { kind: 'delivery_events', key: 'waiting' },
  readOnly: true,
} as const;

/** What happened to deliveries, until the organization's analytics has it. Nothing is noted where it wants none. */
@Injectable()
export class DeliveryEventStore {
  /** Those of the deliveries whose recipient a reminder has reached, by push or post. */
  async noteReminded(
    scope: Scope,
    { campaignId, stepId, round }: FollowUpRound,
    deliveryIds: readonly string[],
  ): Promise<void> {
    await (await scope.tx()).execute(noteReminded, [scope.orgId, campaignId, stepId, round, deliveryIds]);
  }

  /** Those of the deliveries of which another member was told, by a copy, push or post. */
  async noteEscalated(
    scope: Scope,
    { campaignId, stepId, round }: FollowUpRound,
    deliveryIds: readonly string[],
  ): Promise<void> {
    await (await scope.tx()).execute(noteEscalated, [scope.orgId, campaignId, stepId, round, deliveryIds]);
  }

  /** In a transaction with `deliveryEventSettings`; so is the next one. */
  async organizations(tx: Transaction): Promise<string[]> {
    return (await tx.query<{ orgId: string }>(organizations)).map(({ orgId }) => orgId);
  }

  async waiting(tx: Transaction): Promise<WaitingDeliveryEvents> {
    return (await tx.queryOne<WaitingDeliveryEvents & Record<string, unknown>>(waiting)) ?? none;
  }

  async waitingOfOrganization(scope: Scope): Promise<{ events: number; since: Date | null }> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ events: number; since: Date | null }>(waitingOfOrganization, [
      scope.orgId,
    ]);
    return row ?? { events: 0, since: null };
  }

  /** Removes the oldest and returns what they say. */
  async take(scope: Scope): Promise<NotedEvent[]> {
    return (await scope.tx()).query<NotedEvent & Record<string, unknown>>(take, [scope.orgId]);
  }

  /** What the organization no longer wants. */
  async drop(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(drop, [scope.orgId]);
  }
}

const none: WaitingDeliveryEvents = { events: 0, ageSeconds: 0 };
