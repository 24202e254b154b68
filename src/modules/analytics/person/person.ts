import type { JsonObject } from '@bufbuild/protobuf';
import type { Condition, LogicalOperator } from '../insight/index.js';

/** A profile, or a distinct id with events that leads to no profile. */
export interface Person {
  /** The id of the profile; without one the distinct id. */
  readonly id: string;
  /** Empty without a profile. */
  readonly externalId: string;
  readonly properties: JsonObject;
  /** Milliseconds of the epoch; so is every time here. Without a profile: first seen. */
  readonly createdAt: number;
  /** Without a profile: last seen. */
  readonly updatedAt: number;
  /** Absent without events. */
  readonly activity?: PersonActivity;
}

/** One of two ids. */
export type PersonName = { readonly externalId: string } | { readonly id: string };

/** What a person did, with all ids. */
export interface PersonActivity {
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly events: number;
  readonly pageviews: number;
  readonly sessions: number;
  /** Properties of the latest event; '': missing. */
  readonly latest: Readonly<Record<LatestProperty, string>>;
}

/** What is shown, and filtered, of a person's latest event, by the names of columns. */
export const latestProperties = [
  'browser',
  'browser_version',
  'os',
  'os_version',
  'device',
  'country',
  'region',
  'city',
] as const;
export type LatestProperty = (typeof latestProperties)[number];

/** `on` a trait, by its dotted path, or a property of the latest event. */
export type PersonFilter = Condition &
  (
    | { readonly on: 'trait'; readonly property: string }
    | { readonly on: 'latest'; readonly property: LatestProperty }
  );

export interface PersonFilters {
  readonly operator: LogicalOperator;
  /** None: everybody. */
  readonly groups: readonly {
    readonly operator: LogicalOperator;
    readonly filters: readonly PersonFilter[];
  }[];
}

/** What the people of `profiles.v1` are looked up by: an external id, an address, or a trait. */
export interface PersonSearch {
  readonly text: string;
  readonly trait?: { readonly path: string; readonly value: string };
}
