import { Injectable } from '@nestjs/common';
import { readStatement, statement, type Transaction } from '../../../platform/database/index.js';
import { keepProject } from '../project/index.js';
import type { BatchBody } from './batch-body.js';

/** A batch that the analytics store does not take, as the operator sees it in a list. */
export interface DeadLetter {
  readonly id: string;
  readonly orgId: string;
  readonly project: number;
  readonly receivedAt: Date;
  readonly failedAt: Date;
  readonly events: number;
  /** What the store answered. */
  readonly error: string;
}

/** The project, by its number, of which a dead letter is. */
export type DeadLetterOwner = Pick<DeadLetter, 'orgId' | 'project'>;

/** How many batches a replay has queued, and how many it has not, because their projects were deleted. */
export interface Replay {
  readonly queued: number;
  readonly refused: number;
}

export interface DeadLetterWithBody extends DeadLetter, BatchBody {}

// $3 to $5: what is left of the batch without lines of erased persons; null: all of it.
const bury = statement(
  'ingest_dead_letter.bury',
  `with buried as (delete from ingest_batch where id = $1 returning *)
   insert into ingest_dead_letter
     (id, org_id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
   select id, org_id, project, received_at, coalesce($3, events), coalesce($4, raw_octets), months, layout, now(), $2,
          coalesce($5, body)
     from buried
   on conflict (org_id, id) do update set failed_at = excluded.failed_at, error = excluded.error`,
);

const list = readStatement(
  'ingest_dead_letter.list',
  `select id, org_id as "orgId", project, received_at as "receivedAt", failed_at as "failedAt", events, error
     from ingest_dead_letter order by id limit $1`,
);

const find = readStatement(
  'ingest_dead_letter.find',
  `select id, org_id as "orgId", project, received_at as "receivedAt", failed_at as "failedAt", events,
          raw_octets as "rawOctets", months, layout, error, body
     from ingest_dead_letter where id = $1`,
);

const owners = statement(
  'ingest_dead_letter.owners',
  `select distinct org_id as "orgId", project from ingest_dead_letter where $1::uuid is null or id = $1
    order by org_id, project`,
);

const countOfProject = statement(
  'ingest_dead_letter.count_of_project',
  `select count(*)::int as batches from ingest_dead_letter
    where org_id = $1 and project = $2 and ($3::uuid is null or id = $3)`,
);

// With the time of its receipt: what was inserted before is the same events again.
const replay = statement(
  'ingest_dead_letter.replay',
  `with replayed as (
     delete from ingest_dead_letter
      where org_id = $1 and project = $2 and ($3::uuid is null or id = $3) returning *
   ), queued as (
     insert into ingest_batch (id, org_id, project, received_at, events, raw_octets, months, layout, body)
     select id, org_id, project, received_at, events, raw_octets, months, layout, body from replayed
     on conflict (org_id, id) do nothing
   )
   select count(*)::int as batches from replayed`,
);

const drop = statement(
  'ingest_dead_letter.drop',
  `delete from ingest_dead_letter where $1::uuid is null or id = $1`,
);

const count = readStatement(
  'ingest_dead_letter.count',
  `select count(*)::int as batches from ingest_dead_letter`,
);

/** For transactions with `drainSettings`, unless it says otherwise. */
@Injectable()
export class DeadLetterStore {
  /** Takes the batch out of the queue. */
  async bury(
    tx: Transaction,
    id: string,
    error: string,
    left?: Pick<BatchBody, 'events' | 'rawOctets' | 'body'>,
  ): Promise<void> {
    const rest = [left?.events ?? null, left?.rawOctets ?? null, left?.body ?? null];
    await tx.execute(bury, [id, error, ...rest]);
  }

  /** The oldest first. */
  async list(tx: Transaction, limit: number): Promise<DeadLetter[]> {
    return tx.query<DeadLetter>(list, [limit]);
  }

  async find(tx: Transaction, id: string): Promise<DeadLetterWithBody | undefined> {
    return tx.queryOne<DeadLetterWithBody>(find, [id]);
  }

  /** The projects that have dead letters, or the one that has this. */
  async owners(tx: Transaction, id?: string): Promise<DeadLetterOwner[]> {
    return tx.query<DeadLetterOwner>(owners, [id ?? null]);
  }

  /** Queues one of the project again, or all without an id, unless it was deleted. For transactions of its organization. */
  async replay(tx: Transaction, { orgId, project }: DeadLetterOwner, id?: string): Promise<Replay> {
    const isThere = await keepProject(tx, orgId, project);
    const affected = isThere ? replay : countOfProject;
    const row = await tx.queryOne<{ batches: number }>(affected, [orgId, project, id ?? null]);
    const batches = row?.batches ?? 0;
    return isThere ? { queued: batches, refused: 0 } : { queued: 0, refused: batches };
  }

  /** Deletes one for good, or all without an id; returns how many. */
  async drop(tx: Transaction, id?: string): Promise<number> {
    return (await tx.execute(drop, [id ?? null])).rowCount ?? 0;
  }

  async count(tx: Transaction): Promise<number> {
    return (await tx.queryOne<{ batches: number }>(count))?.batches ?? 0;
  }
}
