import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { skipReason } from '../../src/modules/messaging/delivery/skip.store.js';
import type { Actor } from './cast.js';
import { members } from './members.js';
import type { TestServer } from './test-server.js';

/** Says who a member's manager is. */
export async function setManager(admin: Actor, report: Actor, boss: Actor): Promise<void> {
  const profile = { managerId: boss.userId };
  await members(admin).updateUserProfile({ userId: report.userId, profile });
}

/** Copies for others, as the ledger has them. */
export async function copiesOf(s: TestServer, campaignId: string) {
  return s.database.query<{ user: string; of: string; step: string; round: number; status: DeliveryStatus }>(
    `select d.user_id as user, p.user_id as of, d.step_id as step, d.round, d.status
       from delivery d join delivery p on p.org_id = d.org_id and p.id = d.parent_delivery_id
      where d.campaign_id = $1 order by d.created_at, d.id`,
    [campaignId],
  );
}

export async function skipsOf(s: TestServer, campaignId: string) {
  const rows = await s.database.query<{
    reason: number;
    of: string | null;
    user: string | null;
    amount: number;
  }>(
    `select k.reason, d.user_id as of, k.user_id as user, k.amount from delivery_skip k
       left join delivery d on d.org_id = k.org_id and d.id = k.delivery_id
      where k.campaign_id = $1 order by k.id`,
    [campaignId],
  );
  const words = Object.entries(skipReason);
  return rows.map((row) => ({ ...row, reason: words.find(([, number]) => number === row.reason)?.[0] }));
}

export async function pushesOf(s: TestServer, campaignId: string, stepId: string): Promise<string[]> {
  const rows = await s.database.query<{ user: string }>(
    `select v.user_id as user from push_outbox p
       join delivery d on d.org_id = p.org_id and d.id = p.delivery_id
       join device v on v.org_id = p.org_id and v.device_id = p.device_id
      where d.campaign_id = $1 and p.step_id = $2 order by v.user_id`,
    [campaignId, stepId],
  );
  return rows.map((row) => row.user);
}

export async function entriesOf(actor: Pick<Actor, 'client'>, campaignId: string) {
  const { entries } = await actor.client(InboxService).sync({ limit: 200 });
  return entries.filter(({ message }) => message?.campaignId === campaignId);
}

export async function acknowledge(actor: Pick<Actor, 'client'>, campaignId: string): Promise<void> {
  const own = (await entriesOf(actor, campaignId)).find(({ kind }) => kind === Kind.PRIMARY);
  await actor.client(ActionService).submitAction({ deliveryId: own?.deliveryId, actionId: 'ack' });
}

/** The statuses of recipients' own messages. */
export async function tally(s: TestServer, campaignId: string): Promise<Record<string, number>> {
  const rows = await s.database.query<{ status: DeliveryStatus; count: number }>(
    'select status, count(*)::int as count from delivery where campaign_id = $1 and kind = 1 group by status',
    [campaignId],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [DeliveryStatus[status], count]));
}
