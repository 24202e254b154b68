import { Injectable } from '@nestjs/common';
import {
  loneStatement,
  readStatement,
  setStatement,
  statement,
  type Transaction,
} from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type BatchBody, knownLayouts } from './batch-body.js';
import { BLOCK_MONTHS } from './blocks.rules.js';

/** An accepted request on its way to the analytics store. */
export interface QueuedBatch extends BatchBody {
  readonly orgId: string;
  /** Also the `batch_id` of its events. */
  readonly id: string;
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly receivedAt: Date;
  /** How often it failed as the only batch of a block. */
  readonly attempts: number;
}

/** What of one project is queued. */
export interface ProjectBacklog {
  readonly orgId: string;
  readonly project: number;
  readonly batches: number;
  readonly events: number;
  /** Compressed, and what a row takes beside its body. */
  readonly octets: number;
  /** How long the oldest batch has waited. */
  readonly ageSeconds: number;
}

/** How much a claim takes at most; a single batch is taken whatever its size. */
export interface ClaimBounds {
  readonly batches: number;
  readonly events: number;
  readonly rawOctets: number;
}

export interface Claim {
  readonly batches: readonly QueuedBatch[];
  /** More is waiting than the bounds allow. */
  readonly isCut: boolean;
}

/** Batches that one organization, and in it one project, has in a claim before others have theirs. */
const TURN_BATCHES = 10;

const columns = `b.org_id as "orgId", b.id, b.project, b.received_at as "receivedAt", b.events, b.raw_octets as "rawOctets", b.months,
          b.layout, b.attempts, b.body`;

const add = loneStatement(
  'ingest_batch.add',
  `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

/** Neither of too many months for a block with others, nor suspected of breaking the store. As in the index. */
const isCommon = `cardinality(months) <= ${BLOCK_MONTHS} and attempts = 0`;
const isApart = `(cardinality(months) > ${BLOCK_MONTHS} or attempts > 0)`;

/** `head`: each project with such batches, by one probe of the index for each. */
function headsOf(condition: string): string {
  return `head (org_id, project) as (
     (select org_id, project from ingest_batch where ${condition} order by org_id, project limit 1)
     union all
     select next.org_id, next.project
       from head h cross join lateral (
         select org_id, project from ingest_batch
          where ${condition} and (org_id, project) > (h.org_id, h.project)
          order by org_id, project limit 1) next
   )`;
}

// What another worker has locked is skipped, and what a newer version wrote is left to it. Organizations take turns, and in
// each its projects. The running totals leave out what would be too much to hold; those batches stay locked until this
// transaction ends. $5: batches of a turn.
const claim = statement(
  'ingest_batch.claim',
  `with recursive ${headsOf(isCommon)}, oldest as (
     select h.org_id, h.project, first.id
       from head h cross join lateral (
         select id from ingest_batch
          where ${isCommon} and org_id = h.org_id and project = h.project order by id limit 1) first
   ), project_turn as materialized (
     select org_id, project, row_number() over (partition by org_id order by id) as rank,
            greatest($5, $1 / count(*) over ()) as share
       from oldest order by rank, id
   ), locked as materialized (
     select p.org_id, p.project, p.rank, p.share, b.id, b.events, b.raw_octets
       from project_turn p cross join lateral (
         select id, events, raw_octets from ingest_batch
          where ${isCommon} and org_id = p.org_id and project = p.project and layout = any ($4)
          order by id limit p.share for update skip locked) b
      limit $1
   ), in_project as (
     select *, (row_number() over (partition by org_id, project order by id) - 1) / $5 as turn,
            count(*) over (partition by org_id, project) >= share as is_cut
       from locked
   ), in_organization as (
     select *, (row_number() over (partition by org_id order by turn, rank, id) - 1) / $5 as org_turn
       from in_project
   ), totalled as (
     select id, sum(events) over before as events_before, sum(events) over upto as events_upto,
            sum(raw_octets) over upto as octets_upto,
            count(*) over () as locked, bool_or(is_cut) over () or count(*) over () >= $1 as is_cut
       from in_organization
     window before as (order by org_turn, id rows between unbounded preceding and 1 preceding),
            upto as (order by org_turn, id rows unbounded preceding)
   ), taken as (
     select id, is_cut or count(*) over () < locked as "isCut"
       from totalled t
      where t.events_before is null or t.events_upto <= $2 and t.octets_upto <= $3
   )
   select ${columns}, t."isCut" from taken t join ingest_batch b on b.id = t.id
    order by b.id`,
);

// The oldest of some project, whichever: a project with many waits for those of others.
const claimApart = statement(
  'ingest_batch.claim_apart',
  `with recursive ${headsOf(isApart)}, shuffled as materialized (select * from head order by random())
   select ${columns}
     from shuffled s cross join lateral (
       select * from ingest_batch
        where ${isApart} and org_id = s.org_id and project = s.project and layout = any ($1)
          and (retry_at is null or retry_at <= now())
        order by id limit 1 for update skip locked) b
    limit 1`,
);

const remove = statement('ingest_batch.remove', `delete from ingest_batch where id = any ($1)`);

const postpone = statement(
  'ingest_batch.postpone',
  `update ingest_batch set attempts = least(attempts + 1, 100), retry_at = now() + make_interval(secs => $2 * (attempts + 1))
    where id = $1`,
);

const backlog = setStatement(
  'ingest_batch.backlog',
  `select org_id as "orgId", project, count(*)::int as batches, sum(events)::int as events,
          sum(octet_length(body) + 200)::float8 as octets, extract(epoch from now() - min(received_at))::float8 as "ageSeconds"
     from ingest_batch group by org_id, project`,
);

const oldestAge = readStatement(
  'ingest_batch.oldest_age',
  `select extract(epoch from now() - received_at)::float8 as seconds from ingest_batch order by id limit 1`,
);

const waitingSince = statement(
  'ingest_batch.waiting_since',
  `select received_at as "receivedAt" from ingest_batch where org_id = $1 and project = $2 order by id limit 1`,
);

const removeOfProject = statement(
  'ingest_batch.remove_of_project',
  `delete from ingest_batch where org_id = $1 and project = $2`,
);

/** The settings of a transaction that sees the queue of all organizations; no call runs in one. */
export const drainSettings = { kind: 'job', lookup: { kind: 'ingest_queue', key: 'drain' } } as const;

@Injectable()
export class IngestQueueStore {
  /** The batch is durable when this returns, if the scope did nothing before. */
  async add(scope: Scope, batch: Omit<QueuedBatch, 'orgId' | 'attempts'>): Promise<void> {
    const { id, project, receivedAt, events, rawOctets, months, layout, body } = batch;
    const tx = await scope.tx();
    await tx.execute(add, [scope.orgId, id, project, receivedAt, events, rawOctets, months, layout, body]);
  }

  /**
   * Locks and reads batches that no other worker has locked, and that can be in a block with others: the oldest of each
   * project, of all organizations in turn.
   */
  async claim(tx: Transaction, { batches, events, rawOctets }: ClaimBounds): Promise<Claim> {
    const rows = await tx.query<QueuedBatch & { isCut: boolean }>(claim, [
      batches,
      events,
      rawOctets,
      knownLayouts,
      TURN_BATCHES,
    ]);
    return { batches: rows, isCut: rows.some(({ isCut }) => isCut) };
  }

  /** Locks and reads one of the batches that `claim` leaves out, if one is due. */
  async claimApart(tx: Transaction): Promise<QueuedBatch | undefined> {
    return tx.queryOne<QueuedBatch>(claimApart, [knownLayouts]);
  }

  async remove(tx: Transaction, batches: readonly QueuedBatch[]): Promise<void> {
    await tx.execute(remove, [batches.map(({ id }) => id)]);
  }

  /** Leaves the batch to a later block: after `seconds`, and longer each time. */
  async postpone(tx: Transaction, id: string, seconds: number): Promise<void> {
    await tx.execute(postpone, [id, seconds]);
  }

  async backlog(tx: Transaction): Promise<ProjectBacklog[]> {
    return tx.query<ProjectBacklog>(backlog);
  }

  /** Seconds that the oldest batch has waited; 0 when none waits. */
  async oldestAge(tx: Transaction): Promise<number> {
    return (await tx.queryOne<{ seconds: number }>(oldestAge))?.seconds ?? 0;
  }

  /** When the oldest batch of the project was received, if one waits. */
  async waitingSince(scope: Scope, project: number): Promise<Date | undefined> {
    const row = await (await scope.tx()).queryOne<{ receivedAt: Date }>(waitingSince, [scope.orgId, project]);
    return row?.receivedAt;
  }

  async removeOfProject(scope: Scope, project: number): Promise<void> {
    await (await scope.tx()).execute(removeOfProject, [scope.orgId, project]);
  }
}
