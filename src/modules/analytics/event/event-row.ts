import type { PromotedColumn } from './property-names.js';

type PromotedColumns = { readonly [Column in Exclude<PromotedColumn, TypedColumn>]?: string };
type TypedColumn = 'bot_score' | 'verified_bot' | 'mobile';

/**
 * A row of the analytics store's table `events`, under the names of its columns and in their JSON form (JSONEachRow). What
 * is missing has the column's default: `person` is always computed by the store.
 */
export interface EventRow extends PromotedColumns {
  readonly project: number;
  readonly kind: string;
  /** `YYYY-MM-DD hh:mm:ss.SSS`, UTC; so is `received_at`. */
  readonly occur_time: string;
  readonly distinct_id: string;
  readonly session_id?: string;
  readonly event_id: string;
  readonly received_at: string;
  readonly batch_id: string;
  readonly cookieless?: boolean;
  readonly bot?: boolean;
  /** 0 to 255. */
  readonly bot_score?: number;
  readonly verified_bot?: boolean;
  readonly mobile?: boolean;
  /** Text of each property without a column. */
  readonly properties: Readonly<Record<string, string>>;
  /** The numeric reading of each property that has one, also of those with a column. */
  readonly numbers: Readonly<Record<string, number>>;
  /** `typeNumbers` of each property that was not sent as a string, also of those with a column. */
  readonly types: Readonly<Record<string, number>>;
  /** `YYYY-MM-DD`; missing: kept without end. */
  readonly expires_on?: string;
}

/** What all rows of one request share. */
export interface RowContext {
  /** The project's number in the analytics store. */
  readonly project: number;
  /** UUID; one for each request. */
  readonly batchId: string;
  readonly receivedAt: Date;
  /** Null: kept without end. */
  readonly retentionDays: number | null;
}
