import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deliveryStatus, notReceived } from './delivery.js';

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
      and status in (${undelivered}, ${deliveryStatus.delivered})
   returning exists (select from delivery c where c.org_id = $1 and c.parent_delivery_id = $3) as "hasCopies"`,
);

/** What recipients do with their own deliveries. Each change locks the inbox first: see table inbox. */
@Injectable()
export class RecipientActStore {
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

  /** Undefined when the delivery is no longer open. A step that writes copies of it has locked the inbox, too. */
  async acknowledge(scope: Scope, deliveryId: string): Promise<{ hasCopies: boolean } | undefined> {
    const tx = await scope.tx();
    await tx.execute(tick, [scope.orgId, scope.userId]);
    const values = [scope.orgId, scope.userId, deliveryId, scope.now()];
    return tx.queryOne<{ hasCopies: boolean }>(acknowledge, values);
  }
}
