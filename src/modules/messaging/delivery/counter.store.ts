import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { DeliveryCounts } from './delivery.js';

/** Rows per campaign: so many can count at once without waiting for each other. */
const SHARDS = 16;

const add = statement(
  'campaign_counter.add',
  `insert into campaign_counter as n (org_id, campaign_id, shard, recipients, acknowledged, missed, copies, failed)
   values ($1, $2, $3, $4, $5, $6, $7, $8)
   on conflict (org_id, campaign_id, shard) do update
     set recipients = n.recipients + excluded.recipients, acknowledged = n.acknowledged + excluded.acknowledged,
         missed = n.missed + excluded.missed, copies = n.copies + excluded.copies, failed = n.failed + excluded.failed`,
);
const written = statement(
  'campaign_counter.written',
  `select coalesce(sum(recipients), 0)::int as recipients, coalesce(sum(failed), 0)::int as failed
     from campaign_counter where org_id = $1 and campaign_id = $2`,
);

/** Counts recipients, how many of them got no message, and apart from them the copies of their messages for others. */
type Counts = DeliveryCounts & { failed: number; copies: number };

/** Counts the deliveries of a campaign by status, in the transaction that changes them. */
@Injectable()
export class CounterStore {
  async add(scope: Scope, campaignId: string, counts: Partial<Counts>): Promise<void> {
    const { recipients = 0, acknowledged = 0, missed = 0, copies = 0, failed = 0 } = counts;
    const tx = await scope.tx();
    const shard = randomInt(SHARDS);
    const values = [recipients, acknowledged, missed, copies, failed];
    await tx.execute(add, [scope.orgId, campaignId, shard, ...values]);
  }

  /** How many recipients a campaign has come to, and how many of them got no message: it could not be rendered. */
  async written(scope: Scope, campaignId: string): Promise<Pick<Counts, 'recipients' | 'failed'>> {
    const tx = await scope.tx();
    const values = [scope.orgId, campaignId];
    const row = await tx.queryOne<Pick<Counts, 'recipients' | 'failed'>>(written, values);
    return row ?? { recipients: 0, failed: 0 };
  }
}
