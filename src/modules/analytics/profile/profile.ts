import type { JsonObject } from '@bufbuild/protobuf';

/** What an SDK knows about a person. */
export interface KnownPerson {
  /** The person's id in the application. */
  readonly externalId: string;
  /** Replace those of the same name; others stay. */
  readonly traits: JsonObject;
  /** Other ids whose events are the person's. */
  readonly links: readonly string[];
  /** Whether the links are the same person for certain: then the profiles that they name are merged. */
  readonly isAlias: boolean;
}

export interface Profile {
  readonly id: string;
  readonly properties: JsonObject;
}

/** A profile that became part of another. */
export interface ProfileMerge {
  readonly id: string;
  readonly profileId: string;
  readonly intoProfileId: string;
  readonly mergedAt: Date;
  readonly undoneAt: Date | null;
}
