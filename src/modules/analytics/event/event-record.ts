/** A property's value as the caller sent it: its type decides how it is read back, summed and compared. */
export type PropertyValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'timestamp'; readonly value: Date };

/**
 * An accepted event, validated, identified and enriched: what the queue holds and the analytics store keeps. Both
 * contracts are mapped to it. Names that begin with `$` are automatic properties, all others the caller's own.
 */
export interface EventRecord {
  /** The caller's id, or one that the server made: with equal remaining fields, the same event. */
  readonly eventId: string;
  /** `name` of the documented contract, `kind` of the shipped one. */
  readonly kind: string;
  /** Milliseconds of the epoch. */
  readonly occurTime: number;
  /** The person; empty: no person, so that the event counts in totals only. */
  readonly distinctId: string;
  /** Empty: of no session. */
  readonly sessionId: string;
  /** The server made `distinctId` from the day's salt, because the person refused to be recognized. */
  readonly cookieless: boolean;
  /** Recognized by its user agent. */
  readonly bot: boolean;
  readonly properties: ReadonlyMap<string, PropertyValue>;
}
