import type { Client } from '@connectrpc/connect';
import { CampaignFeedService } from '@dovecote/contract/dovecote/campaign/v1/feed_pb';
import type { Actor, TestProject } from './cast.js';
import { eventually } from './eventually.js';
import type { TestServer } from './test-server.js';

/** An event of a campaign, as the analytics store has it. */
export interface StoredCampaignEvent {
  readonly kind: string;
  readonly person: string;
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}

export const feeds = (who: Pick<Actor, 'client'>): Client<typeof CampaignFeedService> =>
  who.client(CampaignFeedService);

/** Waits until nothing is on its way to the analytics store any more. */
export async function fed({ database }: Pick<TestServer, 'database'>): Promise<void> {
  await eventually('all is in the analytics store', async () => {
    const waiting = 'select from delivery_event union all select from ingest_batch';
    return (await database.query(waiting)).length === 0;
  });
}

/** The events of a project whose kind begins with `campaign_`, equal copies once. */
export async function campaignEvents(
  { analytics }: Pick<TestServer, 'analytics'>,
  { number }: Pick<TestProject, 'number'>,
): Promise<StoredCampaignEvent[]> {
  if (!analytics) throw new Error('The server has an analytics store.');
  const query = `select kind, distinct_id as person, event_id as id, properties from ${analytics.database}.events final
    where project = ${number} and startsWith(kind, 'campaign_') order by occur_time, event_id, kind`;
  return (await analytics.client.query({ query, format: 'JSONEachRow' })).json<StoredCampaignEvent>();
}

/** How many of each kind, of one campaign. */
export function tallyOf(events: readonly StoredCampaignEvent[], campaignId: string): Record<string, number> {
  const tally: Record<string, number> = {};
  for (const { kind, properties } of events)
    if (properties['campaign_id'] === campaignId) tally[kind] = (tally[kind] ?? 0) + 1;
  return tally;
}

/** What the tables of campaigns say that there have to be, of one campaign. */
export async function ledgerOf({ database }: Pick<TestServer, 'database'>, campaignId: string) {
  const rows = await database.query<{ kind: string; count: number }>(
    `with own as (
       select d.*, case when d.kind = 1 then 'campaign_' else 'campaign_copy_' end as prefix from delivery d
        where d.campaign_id = $1
     )
     select prefix || 'sent' as kind, count(*)::int as count from own where content_id is not null group by prefix
     union all select prefix || 'delivered', count(*)::int from own where delivered_at is not null group by prefix
     union all select prefix || 'read', count(*)::int from own where read_at is not null group by prefix
     union all select prefix || 'acknowledged', count(*)::int from own where acted_at is not null group by prefix
     union all select prefix || 'missed', count(*)::int from own where missed_at is not null group by prefix
     union all
     select 'campaign_reminded', count(*)::int from (
       select distinct p.delivery_id, p.step_id, p.round from push_outbox p join own d on d.id = p.delivery_id
        where p.user_id is null and p.step_id <> d.step_id
       union
       select w.delivery_id, w.step_id, w.round from webhook_call w join own d on d.id = w.delivery_id
        where w.user_id = d.user_id) reminded
     union all
     select 'campaign_escalated', count(*)::int from (
       select parent_delivery_id, step_id, round from own where kind = 2
       union
       select p.delivery_id, p.step_id, p.round from push_outbox p join own d on d.id = p.delivery_id
        where p.user_id is not null) escalated`,
    [campaignId],
  );
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]));
}
