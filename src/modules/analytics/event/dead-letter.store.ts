import { Injectable } from '@nestjs/common';
import { readStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
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

export interface DeadLetterWithBody extends DeadLetter, BatchBody {}

const bury = statement(
  'ingest_dead_letter.bury',
  `with buried as (delete from ingest_batch where id = $1 returning *)
   insert into ingest_dead_letter
     (id, org_id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
   select id, org_id, project, received_at, events, raw_octets, months, layout, now(), $2, body from buried
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

// With the time of its receipt: what was inserted before is the same events again.
const replay = statement(
  'ingest_dead_letter.replay',
  `with replayed as (
     delete from ingest_dead_letter where $1::uuid is null or id = $1 returning *
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

const removeOfProject = statement(
  'ingest_dead_letter.remove_of_project',
  `delete from ingest_dead_letter where org_id = $1 and project = $2`,
);

const count = readStatement(
  'ingest_dead_letter.count',
  `select count(*)::int as batches from ingest_dead_letter`,
);

/** For transactions with `drainSettings`, unless it says otherwise. */
@Injectable()
export class DeadLetterStore {
  /** Takes the batch out of the queue. */
  async bury(tx: Transaction, id: string, error: string): Promise<void> {
    await tx.execute(bury, [id, error]);
  }

  /** The oldest first. */
  async list(tx: Transaction, limit: number): Promise<DeadLetter[]> {
    return tx.query<DeadLetter>(list, [limit]);
  }

  async find(tx: Transaction, id: string): Promise<DeadLetterWithBody | undefined> {
    return tx.queryOne<DeadLetterWithBody>(find, [id]);
  }

  /** Queues one again, or all without an id; returns how many. */
  async replay(tx: Transaction, id?: string): Promise<number> {
    return (await tx.queryOne<{ batches: number }>(replay, [id ?? null]))?.batches ?? 0;
  }

  /** Deletes one for good, or all without an id; returns how many. */
  async drop(tx: Transaction, id?: string): Promise<number> {
    return (await tx.execute(drop, [id ?? null])).rowCount ?? 0;
  }

  /** In the transaction that deletes the project. */
  async removeOfProject(scope: Scope, project: number): Promise<void> {
    await (await scope.tx()).execute(removeOfProject, [scope.orgId, project]);
  }

  async count(tx: Transaction): Promise<number> {
    return (await tx.queryOne<{ batches: number }>(count))?.batches ?? 0;
  }
}
