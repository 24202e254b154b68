import type { AliasRecord, ProfileRecord, PropertyChangeRecord } from '../profile/index.js';

export type JsonScalar = string | number | boolean;

/** The types of properties that their JSON does not show. */
export type PropertyTypes = Readonly<
  Record<string, 'string' | 'integer' | 'double' | 'boolean' | 'timestamp'>
>;

/** An event as files hold it, with nothing left out that decides an answer. */
export interface ExportedEvent {
  readonly type: 'event';
  readonly id: string;
  readonly kind: string;
  /** ISO 8601, UTC, with milliseconds; so is `receivedAt`. */
  readonly time: string;
  readonly distinctId: string;
  /** Empty: of no session. */
  readonly sessionId: string;
  readonly receivedAt: string;
  readonly cookieless: boolean;
  readonly bot: boolean;
  /** Automatic ones begin with `$`. */
  readonly properties: Readonly<Record<string, JsonScalar>>;
  readonly types: PropertyTypes;
}

export type ExportedRecord = ExportedEvent | ProfileRecord | AliasRecord | PropertyChangeRecord;
