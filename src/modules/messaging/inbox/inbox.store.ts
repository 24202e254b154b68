import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { InboxEntry } from './inbox-entry.js';
import { notReceived } from './inbox.rules.js';
import { deliveryStatus } from '../delivery/index.js';

const entries = `
  select d.id as "deliveryId", d.campaign_id as "campaignId", d.step_id as "stepId",
         c.status as "campaignStatus", d.content_id as "contentId", m.title, m.body, m.summary,
         m.preview, m.sender_name as "senderName", m.actions, d.critical, d.status, d.kind,
         d.parent_delivery_id as "parentDeliveryId", d.rendered_locale as "renderedLocale",
         d.created_at as "receivedAt", d.read_at as "readAt",
         (extract(epoch from d.changed_at) * 1000000)::bigint::text as "changedAt"
    from delivery d join message m on m.org_id = d.org_id and m.content_id = d.content_id
    join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
   where d.org_id = $1 and d.user_id = $2 and d.content_id is not null`;

const fromTheStart = statement('inbox.from_the_start', `${entries} order by d.changed_at limit $3`);
const since = statement(
  'inbox.since',
  `${entries} and d.changed_at > timestamptz 'epoch' + $4::bigint * interval '1 microsecond'
    order by d.changed_at limit $3`,
);
const find = statement('inbox.find', `${entries} and d.id = $3`);

const lock = statement('inbox.lock', 'select from inbox where org_id = $1 and user_id = $2 for update');
const tick = statement(
  'inbox.tick',
  `update inbox set changed_at = greatest(clock_timestamp(), changed_at + interval '1 microsecond')
    where org_id = $1 and user_id = $2`,
);
const undelivered = notReceived.join(', ');
const markDelivered = statement(
  'inbox.mark_delivered',
  `update delivery set status = ${deliveryStatus.delivered}, delivered_at = $4
    where org_id = $1 and user_id = $2 and id = any($3) and status in (${undelivered})
   returning id`,
);
const markRead = statement(
  'inbox.mark_read',
  `update delivery set read_at = $4, changed_at = (select changed_at from inbox where org_id = $1 and user_id = $2)
    where org_id = $1 and user_id = $2 and id = $3 and read_at is null`,
);
const acknowledge = statement(
  'inbox.acknowledge',
  `update delivery set status = ${deliveryStatus.acknowledged}, acted_at = $4,
          delivered_at = coalesce(delivered_at, $4),
          changed_at = (select changed_at from inbox where org_id = $1 and user_id = $2)
    where org_id = $1 and user_id = $2 and id = $3
      and status in (${undelivered}, ${deliveryStatus.delivered})`,
);

type Row = Omit<InboxEntry, 'changedAt'> & { changedAt: string };

/** One person's deliveries. Whoever changes one locks the inbox first: see table inbox. */
@Injectable()
export class InboxStore {
  /** The oldest changes behind the cursor (microseconds since the epoch), or from the start. */
  async changes(scope: Scope, cursor: bigint | undefined, limit: number): Promise<InboxEntry[]> {
    const tx = await scope.tx();
    const rows =
      cursor === undefined
        ? await tx.query<Row>(fromTheStart, [scope.orgId, scope.userId, limit])
        : await tx.query<Row>(since, [scope.orgId, scope.userId, limit, cursor.toString()]);
    return rows.map(toEntry);
  }

  async find(scope: Scope, deliveryId: string): Promise<InboxEntry | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Row>(find, [scope.orgId, scope.userId, deliveryId]);
    return row && toEntry(row);
  }

  /** Notes that the recipient's client has the entries; returns those for which that is news. */
  async markDelivered(scope: Scope, deliveryIds: readonly string[]): Promise<Set<string>> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId, scope.userId]);
    const rows = await tx.query<{ id: string }>(markDelivered, [
      scope.orgId,
      scope.userId,
      deliveryIds,
      scope.now(),
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /** False when it has been read before. */
  async markRead(scope: Scope, deliveryId: string): Promise<boolean> {
    const tx = await scope.tx();
    await tx.execute(tick, [scope.orgId, scope.userId]);
    const result = await tx.execute(markRead, [scope.orgId, scope.userId, deliveryId, scope.now()]);
    return result.rowCount === 1;
  }

  /** False when the delivery is no longer open. */
  async acknowledge(scope: Scope, deliveryId: string): Promise<boolean> {
    const tx = await scope.tx();
    await tx.execute(tick, [scope.orgId, scope.userId]);
    const result = await tx.execute(acknowledge, [scope.orgId, scope.userId, deliveryId, scope.now()]);
    return result.rowCount === 1;
  }
}

function toEntry(row: Row): InboxEntry {
  return { ...row, changedAt: BigInt(row.changedAt) };
}
