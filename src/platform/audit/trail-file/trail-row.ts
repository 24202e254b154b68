import type { ChainedEvent } from '../audit-chain.js';

/** An event as an exported trail has it: with what it follows, and its hash. */
export interface TrailRow extends ChainedEvent {
  previousHash: string;
  hash: string;
}

/** The last line of an exported trail: without it, the file is truncated. */
export interface TrailEnd {
  orgId: string;
  /** How many events there are. */
  events: number;
  /** 0 in an export without events. */
  firstSeq: number;
  lastSeq: number;
  /** The hash of the last event. */
  head: string;
  exportedAt: string;
}

export type TrailFormat = 'csv' | 'json' | 'parquet';

/** Columns of the file, in order, and where their values are. */
export const columns = {
  seq: 'seq',
  id: 'id',
  org_id: 'orgId',
  created_at: 'createdAt',
  event_type: 'eventType',
  actor_kind: 'actorKind',
  actor_id: 'actorId',
  entity_type: 'entityType',
  entity_id: 'entityId',
  metadata: 'metadata',
  request_id: 'requestId',
  previous_hash: 'previousHash',
  hash: 'hash',
} as const satisfies Record<string, keyof TrailRow>;

export type Column = keyof typeof columns;
export const columnNames = Object.keys(columns) as Column[];

/** What has the place of an event's type in the row that ends a CSV. */
export const endOfTrail = 'END_OF_TRAIL';
