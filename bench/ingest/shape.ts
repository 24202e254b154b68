/** The contract by which a batch is sent. */
export type Contract = 'sdk.events.v1' | 'events.v1';

/** What the generator is asked for. */
export interface Order {
  readonly port: number;
  readonly contract: Contract;
  readonly headers: Readonly<Record<string, string>>;
  /** Events in a batch. */
  readonly size: number;
  readonly seconds: number;
  /** Batches a second; absent: as fast as they are answered. */
  readonly rate?: number;
  /** Eight hexadecimal digits that begin the ids of all events of this order. */
  readonly mark: string;
}

/** How it went. */
export interface Delivery {
  /** By the number of the batch: when its answer was there, in milliseconds of the epoch. */
  readonly answeredAt: readonly number[];
  /** Milliseconds that each call took, from its turn by the rate to its answer. */
  readonly latencies: readonly number[];
  /** Events, as the answers count them. */
  readonly accepted: number;
  /** Milliseconds of the epoch at which the first batch left. */
  readonly beganAt: number;
  readonly cpuMicros: number;
}

/** The kind of the first event of each batch, by which the batch is found again. */
export const FIRST_KIND = 'batch_start';

/** The id of the first event of a batch: a UUID that tells its number. */
export function firstIdOf(mark: string, number: number): string {
  return `${mark}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** The number of the batch whose first event has this id. */
export function numberOfId(id: string): number {
  return Number.parseInt(id.slice(24), 16);
}
