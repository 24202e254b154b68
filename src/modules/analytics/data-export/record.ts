import type { JsonObject } from '@bufbuild/protobuf';

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

/** A person with traits, without the ids that lead to them. */
interface ExportedProfile {
  readonly type: 'profile';
  readonly id: string;
  readonly externalId: string;
  readonly traits: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** An id of a person, beside the external one. */
interface ExportedAlias {
  readonly type: 'alias';
  readonly distinctId: string;
  /** The one of the profile to which it leads. */
  readonly externalId: string;
  readonly profileId: string;
  /** Whether it was given as the same person for certain. */
  readonly certain: boolean;
}

export type ExportedRecord = ExportedEvent | ExportedProfile | ExportedAlias;
