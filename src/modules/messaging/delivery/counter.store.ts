import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { DeliveryCounts } from './delivery.js';

/** Rows per campaign: so many can count at once without waiting for each other. */
const SHARDS = 16;

const add = statement(
  'campaign_counter.add',
  `insert into campaign_counter as n (org_id, campaign_id, shard, recipients, acknowledged, missed, copies)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (org_id, campaign_id, shard) do update
     set recipients = n.recipients + excluded.recipients, acknowledged = n.acknowledged + excluded.acknowledged,
         missed = n.missed + excluded.missed, copies = n.copies + excluded.copies`,
);

/** Counts recipients, and apart from them the copies of their messages for others. */
type Counts = DeliveryCounts & { copies: number };

/** Counts the deliveries of a campaign by status, in the transaction that changes them. */
@Injectable()
export class CounterStore {
  async add(scope: Scope, campaignId: string, counts: Partial<Counts>): Promise<void> {
    const { recipients = 0, acknowledged = 0, missed = 0, copies = 0 } = counts;
    const tx = await scope.tx();
    const shard = randomInt(SHARDS);
    await tx.execute(add, [scope.orgId, campaignId, shard, recipients, acknowledged, missed, copies]);
  }
}
