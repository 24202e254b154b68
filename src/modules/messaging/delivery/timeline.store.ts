import { Injectable } from '@nestjs/common';
import { readStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deletedDomain } from '../../people/member/index.js';
import type { DeliveryKind, DeliveryStatus } from './delivery.js';

/** Where a delivery stands. */
export interface DeliveryPlace {
  campaignId: string;
  stepId: string;
  kind: DeliveryKind;
}

export interface Person {
  userId: string;
  /** Empty when the member has none. */
  name: string;
  isErased: boolean;
}

/** A delivery and the instants that are stored in it. */
export interface DeliveryRecord extends DeliveryPlace {
  id: string;
  round: number;
  status: DeliveryStatus;
  /** Why it could not be rendered; empty otherwise. */
  failure: string;
  hasContent: boolean;
  recipient: Person;
  parentDeliveryId: string | null;
  parentRecipient: Person | null;
  createdAt: Date;
  sentAt: Date | null;
  deliveredAt: Date | null;
  readAt: Date | null;
  actedAt: Date | null;
  missedAt: Date | null;
  dismissedAt: Date | null;
}

/** Something that a step did about a delivery, and where it is stored. */
export interface Happening {
  /** `round_skip`: left out for all recipients of the round. */
  source: 'copy' | 'push' | 'skip' | 'round_skip';
  at: Date;
  stepId: string;
  round: number;
  /** Null for the recipient, and for several members. */
  person: Person | null;
  copyId: string | null;
  /** Why it was left out: see skipReason; 0 otherwise. */
  reason: number;
  channel: number;
  /** Devices of a push, members of a skip. */
  amount: number;
}

/** An ESCALATE step has no more; the index holds the round before the delivery. */
const ROUNDS = '{0,1,2,3,4,5}';

const place = readStatement(
  'timeline.place',
  `select campaign_id as "campaignId", step_id as "stepId", kind from delivery where org_id = $1 and id = $2`,
);
/** A Person, as JSON. */
const person = (id: string): string => `(
  select json_build_object('userId', given.id, 'name', coalesce(m.name, ''),
                           'isErased', coalesce(m.email like '%@${deletedDomain}', true))
    from (select ${id} as id) given left join member m on m.org_id = $1 and m.id = given.id
   where given.id is not null)`;
const copies = `(
  select 'copy' as source, created_at as at, step_id, round, user_id, id as copy_id, 0 as reason, 0 as channel, 0 as amount
    from delivery where org_id = $1 and parent_delivery_id = $2 order by created_at, id limit $3)`;
const pushes = `(
  select 'push', min(created_at), step_id, round, user_id, null, 0, 0, count(*)
    from push_outbox where org_id = $1 and delivery_id = $2
   group by step_id, round, user_id order by min(created_at) limit $3)`;
const skips = (source: string, which: string): string => `(
  select '${source}', created_at, step_id, round, user_id, null, reason, channel, amount
    from delivery_skip where org_id = $1 and ${which} order by created_at, id limit $3)`;
const happenings = `
  ${copies} union all ${pushes} union all ${skips('skip', 'delivery_id = $2')} union all ${skips(
    'round_skip',
    `campaign_id = $4 and step_id = any($5) and round = any('${ROUNDS}') and delivery_id is null`,
  )}`;
// One statement: what it finds is all of one instant.
const read = readStatement(
  'timeline.read',
  `select d.id, d.campaign_id as "campaignId", d.step_id as "stepId", d.round, d.kind, d.status, d.failure,
          d.content_id is not null as "hasContent", ${person('d.user_id')} as recipient,
          d.parent_delivery_id as "parentDeliveryId",
          (select ${person('p.user_id')} from delivery p where p.org_id = $1 and p.id = d.parent_delivery_id)
            as "parentRecipient",
          d.created_at as "createdAt", d.sent_at as "sentAt", d.delivered_at as "deliveredAt", d.read_at as "readAt",
          d.acted_at as "actedAt", d.missed_at as "missedAt", d.dismissed_at as "dismissedAt",
          (select coalesce(json_agg(json_build_object(
                    'source', h.source, 'at', (extract(epoch from h.at) * 1000)::float8, 'stepId', h.step_id,
                    'round', h.round, 'person', ${person('h.user_id')}, 'copyId', h.copy_id, 'reason', h.reason,
                    'channel', h.channel, 'amount', h.amount) order by h.at), '[]')
             from (${happenings}) h) as happenings
     from delivery d where d.org_id = $1 and d.id = $2`,
);

type Row = DeliveryRecord & { happenings: (Omit<Happening, 'at'> & { at: number })[] };

/** What is stored of the history of single deliveries. */
@Injectable()
export class TimelineStore {
  async place(scope: Scope, deliveryId: string): Promise<DeliveryPlace | undefined> {
    return (await scope.tx()).queryOne<DeliveryPlace>(place, [scope.orgId, deliveryId]);
  }

  /** With at most so many happenings of each source, the oldest first; `stepIds` are steps that follow up on the delivery. */
  async read(
    scope: Scope,
    deliveryId: string,
    { campaignId, stepIds, most }: { campaignId: string; stepIds: readonly string[]; most: number },
  ): Promise<{ record: DeliveryRecord; happenings: Happening[] } | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Row>(read, [scope.orgId, deliveryId, most, campaignId, stepIds]);
    if (!row) return undefined;
    const { happenings: found, ...record } = row;
    return { record, happenings: found.map((one) => ({ ...one, at: new Date(one.at) })) };
  }
}
