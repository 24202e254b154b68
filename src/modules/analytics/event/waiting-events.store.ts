import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { BatchBody } from './batch-body.js';

/** Where events wait in PostgreSQL. */
export const waitingTables = ['ingest_batch', 'ingest_dead_letter'] as const;
export type WaitingTable = (typeof waitingTables)[number];

export interface WaitingBatch {
  readonly id: string;
  readonly receivedAt: Date;
  readonly body: Buffer;
}

/** Batches of a transaction: the drain leaves them out as long as it lasts. */
const PIECE = 20;

function statementsOf(table: WaitingTable) {
  return {
    last: statement(
      `${table}.last_of_project`,
      `select id from ${table} where org_id = $1 and project = $2 order by id desc limit 1`,
    ),
    // Waits for a drain that has claimed them.
    piece: statement(
      `${table}.piece_of_project`,
      `select id, received_at as "receivedAt", body from ${table}
        where org_id = $1 and project = $2 and id > $3 and id <= $4 order by id limit ${PIECE} for update`,
    ),
    rewrite: statement(
      `${table}.rewrite`,
      `update ${table} set events = $3, raw_octets = $4, body = $5 where org_id = $1 and id = $2`,
    ),
    remove: statement(`${table}.remove`, `delete from ${table} where org_id = $1 and id = $2`),
  };
}

const statements = {
  ingest_batch: statementsOf('ingest_batch'),
  ingest_dead_letter: statementsOf('ingest_dead_letter'),
};

/** Batches of one project that wait in the queue, or as dead letters. In scopes of jobs. */
@Injectable()
export class WaitingEventsStore {
  /** The newest batch of the project, if any. */
  async last(scope: Scope, table: WaitingTable, project: number): Promise<string | undefined> {
    const row = await (
      await scope.tx()
    ).queryOne<{ id: string }>(statements[table].last, [scope.orgId, project]);
    return row?.id;
  }

  /** Some of the batches behind one, up to another; they are locked. */
  async piece(
    scope: Scope,
    table: WaitingTable,
    { project, after, last }: { project: number; after: string; last: string },
  ): Promise<WaitingBatch[]> {
    const values = [scope.orgId, project, after, last];
    return (await scope.tx()).query<WaitingBatch & Record<string, unknown>>(statements[table].piece, values);
  }

  async rewrite(
    scope: Scope,
    table: WaitingTable,
    id: string,
    { events, rawOctets, body }: Pick<BatchBody, 'events' | 'rawOctets' | 'body'>,
  ): Promise<void> {
    const values = [scope.orgId, id, events, rawOctets, body];
    await (await scope.tx()).execute(statements[table].rewrite, values);
  }

  async remove(scope: Scope, table: WaitingTable, id: string): Promise<void> {
    await (await scope.tx()).execute(statements[table].remove, [scope.orgId, id]);
  }
}
