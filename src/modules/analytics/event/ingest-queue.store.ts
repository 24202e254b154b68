import { Injectable } from '@nestjs/common';
import {
  loneStatement,
  setStatement,
  statement,
  type Transaction,
} from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type BatchBody, knownLayouts } from './batch-body.js';

/** An accepted request on its way to the analytics store. */
export interface QueuedBatch extends BatchBody {
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

const add = loneStatement(
  'ingest_batch.add',
  `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

// What another worker has locked is skipped, and what a newer version wrote is left to it. The running totals leave out what would be too much to hold; those batches
// stay locked until this transaction ends.
const claim = statement(
  'ingest_batch.claim',
  `with locked as materialized (
     select id, events, raw_octets from ingest_batch
      where (retry_at is null or retry_at <= now()) and layout = any ($4)
      order by id limit $1 for update skip locked
   ), totalled as (
     select id, sum(events) over before as events_before, sum(events) over upto as events_upto,
            sum(raw_octets) over upto as octets_upto
       from locked
     window before as (order by id rows between unbounded preceding and 1 preceding),
            upto as (order by id rows unbounded preceding)
   )
   select b.id, b.project, b.received_at as "receivedAt", b.events, b.raw_octets as "rawOctets", b.months,
          b.layout, b.attempts, b.body
     from totalled t join ingest_batch b on b.id = t.id
    where t.events_before is null or t.events_upto <= $2 and t.octets_upto <= $3
    order by b.id`,
);

const remove = statement('ingest_batch.remove', `delete from ingest_batch where id = any ($1)`);

const postpone = statement(
  'ingest_batch.postpone',
  `update ingest_batch set attempts = least(attempts + 1, 100), retry_at = now() + make_interval(secs => $2 * (attempts + 1))
    where id = $1`,
);

const backlog = setStatement(
  'ingest_batch.backlog',
  `select project, count(*)::int as batches, sum(events)::int as events,
          sum(octet_length(body) + 200)::float8 as octets, extract(epoch from now() - min(received_at))::float8 as "ageSeconds"
     from ingest_batch group by project`,
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
  async add(scope: Scope, batch: Omit<QueuedBatch, 'attempts'>): Promise<void> {
    const { id, project, receivedAt, events, rawOctets, months, layout, body } = batch;
    const tx = await scope.tx();
    await tx.execute(add, [scope.orgId, id, project, receivedAt, events, rawOctets, months, layout, body]);
  }

  /** Locks and reads the oldest batches that no other worker has locked. */
  async claim(tx: Transaction, { batches, events, rawOctets }: ClaimBounds): Promise<QueuedBatch[]> {
    return tx.query<QueuedBatch>(claim, [batches, events, rawOctets, knownLayouts]);
  }

  async remove(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.execute(remove, [ids]);
  }

  /** Leaves the batch to a later block: after `seconds`, and longer each time. */
  async postpone(tx: Transaction, id: string, seconds: number): Promise<void> {
    await tx.execute(postpone, [id, seconds]);
  }

  async backlog(tx: Transaction): Promise<ProjectBacklog[]> {
    return tx.query<ProjectBacklog>(backlog);
  }

  async removeOfProject(scope: Scope, project: number): Promise<void> {
    await (await scope.tx()).execute(removeOfProject, [scope.orgId, project]);
  }
}
