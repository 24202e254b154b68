import type { JsonValue } from '@bufbuild/protobuf';
import type { AliasRecord, ProfileRecord } from '../profile/index.js';

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

/** A property of a person had another value from then on. */
interface ExportedPropertyChange {
  readonly type: 'propertyChange';
  /** The profile that the person has now. */
  readonly profileId: string;
  /** The profile whose ids told the value: another one that became part of it. */
  readonly toldOf: string;
  readonly property: string;
  /** Missing: the property was removed, or the value is omitted. */
  readonly value?: JsonValue;
  /** The size of a value that is too large to be kept; otherwise 0. */
  readonly omittedBytes: number;
  readonly time: string;
  readonly cause: string;
  /** The import, or the merge; otherwise empty. */
  readonly causeId: string;
}

export type ExportedRecord = ExportedEvent | ProfileRecord | AliasRecord | ExportedPropertyChange;
