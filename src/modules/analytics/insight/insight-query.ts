/**
 * One question about the events of one project: both contracts are mapped to this, and one evaluator answers it.
 * Times are milliseconds of the epoch, windows include their start and exclude their end.
 */
export type InsightQuery =
  | TrendsQuery
  | SegmentationQuery
  | SessionsQuery
  | FunnelQuery
  | RetentionQuery
  | UserFlowQuery
  | TopKQuery
  | MapQuery
  | LifecycleQuery
  | StickinessQuery;

export interface Window {
  readonly from: number;
  readonly to: number;
}

export type Granularity = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** What every question says. */
export interface Question {
  readonly window: Window;
  /** IANA name: where minutes, hours, days, weeks (from Sunday) and months begin. */
  readonly zone: string;
  /** Conditions on every event. */
  readonly filters: FilterGroups;
  /** Whether the ids of one person count as one person; false: every distinct id is a person. */
  readonly mergeIdentities: boolean;
  readonly includeBots: boolean;
  /** Whether persons that the server made for a day count as persons. Totals and sessions always include them. */
  readonly includeCookieless: boolean;
  readonly reading: PropertyReading;
}

/** Where the contracts differ in what a property is. */
interface PropertyReading {
  /** SUM, AVG, MIN and MAX take a string that spells a decimal number for that number. Filters always do. */
  readonly numericStringsCount: boolean;
  /** A property that the event lacks is looked up among the traits of its person. */
  readonly fallBackToTraits: boolean;
}

export interface FilterGroups {
  readonly operator: LogicalOperator;
  /** None: every event. */
  readonly groups: readonly FilterGroup[];
}

export type LogicalOperator = 'and' | 'or';

export interface FilterGroup {
  readonly operator: LogicalOperator;
  /** At least one. */
  readonly filters: readonly PropertyFilter[];
}

export type PropertyFilter = {
  readonly property: string;
  /** `event`: the event's own property; `profile`: a trait of its person. */
  readonly source: 'event' | 'profile';
} & Condition;

/** A missing property is the empty text. Numeric conditions are false for what is no number. */
export type Condition =
  | {
      readonly operator: 'equals' | 'not_equals' | 'contains' | 'not_contains';
      readonly value: string;
    }
  | { readonly operator: 'is_set' | 'is_not_set' }
  | { readonly operator: 'lt' | 'lte' | 'gt' | 'gte'; readonly value: number }
  | { readonly operator: 'in' | 'not_in'; readonly values: readonly string[] }
  /** Both bounds belong to the range. */
  | { readonly operator: 'between' | 'not_between'; readonly low: number; readonly high: number };

/** Which events: of a kind, under all conditions. */
export interface EventSelector {
  /** Empty: of any kind. */
  readonly kind: string;
  readonly filters: readonly PropertyFilter[];
}

/**
 * Where persons are counted, events without a person who counts take no part: they make no bucket and no row. Where
 * numbers are computed, events without one do take part, and nothing but such events gives 0.
 */
export type Aggregation =
  | { readonly type: 'total' | 'unique_users' | 'per_user_average' }
  | { readonly type: 'sum' | 'average' | 'minimum' | 'maximum'; readonly property: string };

/** The largest `limit` combinations of values are kept, the others folded into one that is marked as others. */
export interface Breakdown {
  /** One to five names. */
  readonly properties: readonly string[];
  readonly limit: number;
}

/** One series for each selector and breakdown; a selector of any kind gives one for each kind that occurs. */
export interface TrendsQuery extends Question {
  readonly type: 'trends';
  readonly granularity: Granularity;
  /** At least one. */
  readonly events: readonly (EventSelector & { readonly aggregation: Aggregation })[];
  readonly breakdown?: Breakdown;
  /** What makes a breakdown large: the sum of its buckets' values, or its value over the whole window. */
  readonly rankBy: 'sum_of_buckets' | 'window';
}

/** One number: over the events that match any selector. */
export interface SegmentationQuery extends Question {
  readonly type: 'segmentation';
  /** At least one. */
  readonly events: readonly EventSelector[];
  readonly aggregation: Aggregation;
}

export type SessionMetric =
  | 'sessions'
  /** Seconds between the first and the last event, as the mean. */
  | 'average_duration'
  /** Percent of sessions with exactly one event. */
  | 'bounce_rate'
  | 'average_events'
  /** Sessions by the breakdown of their first or last event. */
  | 'entry'
  | 'exit';

/**
 * A session is all events in scope with one session id and one canonical person, over its whole life. It belongs to the
 * bucket of its first event, which lies in the window. Breakdowns are those of the first event, for `exit` the last;
 * they are ranked by their value over the window.
 */
export interface SessionsQuery extends Question {
  readonly type: 'sessions';
  readonly metric: SessionMetric;
  readonly scope: EventSelector;
  /** Absent: one number over the window. */
  readonly granularity?: Granularity;
  readonly breakdown?: Breakdown;
}

/**
 * Persons who did the steps in order. One event is one step. Events of one millisecond are ordered by event id. A later
 * first step starts a new attempt, and the furthest one counts; a step counts within `conversionMs` of its first step.
 */
export interface FunnelQuery extends Question {
  readonly type: 'funnel';
  /** One to twenty. */
  readonly steps: readonly EventSelector[];
  readonly conversionMs: number;
  readonly timing: boolean;
  /** By the person's earliest event that matches any step. */
  readonly breakdown?: Breakdown;
}

/** Cohorts by the bucket of a person's first start in the window; a return counts at or after that event. */
export interface RetentionQuery extends Question {
  readonly type: 'retention';
  readonly granularity: Granularity;
  readonly start: EventSelector;
  readonly return: EventSelector;
  /** By the person's first start event. */
  readonly breakdown?: Breakdown;
}

/** How sessions go on, step by step: the first `maxHops` + 1 events in scope of each session. */
export interface UserFlowQuery extends Question {
  readonly type: 'user_flow';
  readonly node: { readonly type: 'kind' } | { readonly type: 'property'; readonly property: string };
  readonly scope: EventSelector;
  readonly maxHops: number;
  /** For each step. */
  readonly maxNodes: number;
  readonly maxLinks: number;
}

export interface TopKQuery extends Question {
  readonly type: 'top_k';
  readonly dimension:
    | { readonly type: 'property'; readonly property: string }
    | { readonly type: 'kind' }
    /** Persons, always with their identities merged. */
    | { readonly type: 'person' };
  readonly scope: EventSelector;
  readonly aggregation: Aggregation;
  readonly limit: number;
  readonly others: boolean;
}

/** By country, ISO 3166 alpha-2, with events of unknown countries left out. */
export interface MapQuery extends Question {
  readonly type: 'map';
  readonly scope: EventSelector;
  readonly aggregation: Aggregation;
}

/** For each bucket: persons who are new, returning (in the bucket before, too), resurrecting, and dormant (negative). */
export interface LifecycleQuery extends Question {
  readonly type: 'lifecycle';
  readonly granularity: Granularity;
  readonly event: EventSelector;
}

/** How many persons were active in exactly 1, 2, 3 … buckets of the window. */
export interface StickinessQuery extends Question {
  readonly type: 'stickiness';
  readonly granularity: Granularity;
  readonly event: EventSelector;
}
