import type { EventRecord } from './event-record.js';

/** The wire contract by which events arrive: `sdk.events.v1` is the shipped one, `events.v1` the documented one. */
export type Contract = 'shipped' | 'documented';

/** Why an event was left out of a batch that was otherwise accepted; part of the shipped contract. */
export type DropReason =
  /** A cookieless event of neither today nor yesterday, UTC. */
  | 'day_out_of_range'
  /** The store of the daily salts did not answer. */
  | 'salt_unavailable'
  /** The stored salt of the day cannot be read. */
  | 'salt_corrupt'
  /** More than a day ahead of now. */
  | 'future_occur_time'
  /** Before 1970, where the analytics store's days begin, or older than the project keeps events. */
  | 'too_old';

/** What a message became: validated, identified and enriched, ready to be queued. */
export interface AcceptedBatch {
  /** In the order of the message. */
  readonly records: readonly EventRecord[];
  /** Sum of `droppedByReason`. */
  readonly dropped: number;
  /** Without the reasons that did not occur. */
  readonly droppedByReason: ReadonlyMap<DropReason, number>;
}
