import type { EventSelector, PropertyFilter, Window } from '../insight/index.js';

/** A person, by all ids of the person's events. */
export interface Person {
  readonly ids: readonly string[];
  /** Undefined: without a profile. */
  readonly profileId?: string;
}

/** Where an event stands in a feed: no two events of a project have all of it in common. */
export interface FeedPlace {
  /** Milliseconds of the epoch. */
  readonly time: number;
  readonly eventId: string;
  /** The number of the person in the analytics store, in decimal. */
  readonly personNumber: string;
  /** Hash of the kind, in decimal: a kind may be longer than a page token. */
  readonly kindHash: string;
}

/** Where a page begins, and how far back the one before had to look. */
export interface FeedPosition {
  readonly after: FeedPlace;
  /** A number of `reaches`. */
  readonly reach: number;
}

/** Which events, newest first. */
export interface Feed {
  /** Absent: everybody. */
  readonly person?: Person;
  /** Empty: of all sessions. */
  readonly sessionId: string;
  /** Absent: of all times. */
  readonly window?: Window;
  /** Events that match any of them; none: every event. */
  readonly selectors: readonly EventSelector[];
  /** Conditions on every event. */
  readonly filters: readonly PropertyFilter[];
  /** Whether a property that an event lacks is looked up among the traits of its person. */
  readonly fallBackToTraits: boolean;
}

/** An event as the analytics store has it. */
export interface FeedEvent extends FeedPlace {
  readonly kind: string;
  /** Empty: of no person. */
  readonly distinctId: string;
  /** Empty: of no session. */
  readonly sessionId: string;
  /** Values of `promotedProperties`, in their order, as text; '': missing. */
  readonly promoted: readonly string[];
  /** Text of every other property. */
  readonly properties: Readonly<Record<string, string>>;
  /** Numbers of the types of those that were not sent as text. */
  readonly types: Readonly<Record<string, number>>;
}

export interface DayCount {
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  readonly count: number;
}

/** What the events of a person say; the properties are those of the latest event, '' where it has none. */
export interface PersonStats {
  /** Milliseconds of the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly totalEvents: number;
  readonly latest: Readonly<Record<string, string>>;
}
