import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { setStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ListedRecording, RemovedRecording } from './recording.js';
import { shardOf } from './recording.rules.js';

/** Which recordings to list. */
export interface RecordingFilter {
  /** Null: of all campaigns, and of none. */
  readonly campaignId: string | null;
  /** Both included; null without a bound. */
  readonly from: Date | null;
  readonly to: Date | null;
}

/** A recording that may be seen, and how to read it. */
export interface ReadableRecording {
  readonly id: string;
  readonly sealedKey: Buffer;
  readonly chunks: number;
  readonly lastSequence: number;
}

/** A member whose processing is restricted is not shown, and neither is one who is not there any more. */
const visible = `
  from recording r join member m on m.org_id = r.org_id and m.id = r.user_id and not m.processing_restricted
 where r.org_id = $1 and r.started_at is not null`;
const inRange = `r.started_at >= coalesce($2::timestamptz, '-infinity') and r.started_at <= coalesce($3::timestamptz, 'infinity')`;
const ofCampaign = 'and r.campaign_id = $4';

const page = (filter: string, next: number): string => `
  select r.id, r.started_at as "startedAt", r.ended_at as "endedAt", r.activity ${visible} and ${inRange} ${filter}
     and (r.started_at, r.id) < ($${next}, $${next + 1})
   order by r.started_at desc, r.id desc limit $${next + 2}`;

const list = setStatement('recording.list', page('', 4));
const listOfCampaign = setStatement('recording.list_of_campaign', page(ofCampaign, 5));
const count = setStatement('recording.count', `select count(*)::int as count ${visible} and ${inRange}`);
const countOfCampaign = setStatement(
  'recording.count_of_campaign',
  `select count(*)::int as count ${visible} and ${inRange} ${ofCampaign}`,
);
const find = statement(
  'recording.find',
  `select r.id, r.sealed_key as "sealedKey", r.chunks, r.last_sequence as "lastSequence" ${visible} and r.id = $2`,
);
const expired = statement(
  'recording.expired',
  'select id from recording where org_id = $1 and created_at < $2 order by created_at limit $3 for update skip locked',
);
const organizationsWithExpired = setStatement(
  'recording.organizations_with_expired',
  `select s.org_id as "orgId" from recording_setting s
    where exists (
      select from recording r where r.org_id = s.org_id and r.created_at < $1::timestamptz - make_interval(days => s.retention_days))`,
);
const remove = statement(
  'recording.remove',
  'delete from recording where org_id = $1 and id = any($2) returning id, stored_bytes as octets',
);
const reduceUse = statement(
  'recording_use.reduce',
  'update recording_use set bytes = bytes - $3 where org_id = $1 and shard = $2',
);

/** Recordings as they are listed, found and deleted. */
@Injectable()
export class RecordingStore {
  /** By their beginning, newest first; one more than the page holds. */
  async list(scope: Scope, filter: RecordingFilter, { after, limit }: Page): Promise<ListedRecording[]> {
    const { createdAt = 'infinity', id = lastUuid } = after ?? {};
    const values = [...valuesOf(scope, filter), createdAt, id, limit + 1];
    const statement = filter.campaignId === null ? list : listOfCampaign;
    return (await scope.tx()).query<ListedRecording & Record<string, unknown>>(statement, values);
  }

  async count(scope: Scope, filter: RecordingFilter): Promise<number> {
    const statement = filter.campaignId === null ? count : countOfCampaign;
    const tx = await scope.tx();
    return (await tx.queryOne<{ count: number }>(statement, valuesOf(scope, filter)))?.count ?? 0;
  }

  /** Undefined for one that is not listed. */
  async find(scope: Scope, id: string): Promise<ReadableRecording | undefined> {
    const values = [scope.orgId, id];
    return (await scope.tx()).queryOne<ReadableRecording & Record<string, unknown>>(find, values);
  }

  /** Some that were begun before, the oldest first, locked. */
  async beganBefore(scope: Scope, time: Date, most: number): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(expired, [scope.orgId, time, most]);
    return rows.map(({ id }) => id);
  }

  /** Organizations with recordings whose time is over, in a transaction with `retentionSettings`. */
  async organizationsWithExpired(tx: Transaction, now: Date): Promise<string[]> {
    const rows = await tx.query<{ orgId: string }>(organizationsWithExpired, [now]);
    return rows.map(({ orgId }) => orgId);
  }

  /** Deletes recordings with their chunks, and returns those that were there. What is in the object store stays. */
  async remove(scope: Scope, ids: readonly string[]): Promise<RemovedRecording[]> {
    const tx = await scope.tx();
    return tx.query<RemovedRecording & Record<string, unknown>>(remove, [scope.orgId, ids]);
  }

  /** Takes recordings that are deleted out of the sum of the organization. */
  async reduceUse(scope: Scope, removed: readonly RemovedRecording[]): Promise<void> {
    const byShard = new Map<number, number>();
    for (const { id, octets } of removed) byShard.set(shardOf(id), (byShard.get(shardOf(id)) ?? 0) + octets);
    const tx = await scope.tx();
    // In one order: two transactions that delete do not wait for each other in a circle.
    const shards = [...byShard.keys()].sort((a, b) => a - b);
    for (const shard of shards) await tx.execute(reduceUse, [scope.orgId, shard, byShard.get(shard)]);
  }
}

/** The settings of a transaction that sees which organizations have recordings whose time is over. */
export const retentionSettings = { kind: 'job', lookup: { kind: 'replay', key: 'retention' } } as const;

function valuesOf(scope: Scope, { from, to, campaignId }: RecordingFilter): unknown[] {
  return [scope.orgId, from, to, ...(campaignId === null ? [] : [campaignId])];
}
