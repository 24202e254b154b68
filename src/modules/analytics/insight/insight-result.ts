import type { JsonObject } from '@bufbuild/protobuf';
import type { InsightQuery } from './insight-query.js';

/** One value for each property of the breakdown, in its order; `others`: what the limit left over. */
export type BreakdownKey = readonly string[] | 'others';

/** `time` is the instant at which the bucket begins in the zone of the question. */
export interface Point {
  readonly time: number;
  readonly value: number;
}

interface Broken {
  /** Empty without a breakdown. */
  readonly breakdown: BreakdownKey;
}

/** In order of selector, kind, rank; others last. Points ascend; buckets without events are left out. */
export interface TrendsResult {
  readonly type: 'trends';
  readonly series: readonly (Broken & {
    /** Position of the selector. */
    readonly event: number;
    readonly kind: string;
    readonly points: readonly Point[];
    /** Over the whole window. */
    readonly total: number;
  })[];
}

export interface NumberResult {
  readonly type: 'segmentation';
  readonly total: number;
}

/** Without granularity: one point at the window's start in each series. */
export interface SessionsResult {
  readonly type: 'sessions';
  readonly series: readonly (Broken & { readonly points: readonly Point[]; readonly total: number })[];
}

/** Milliseconds since the step before. */
export interface StepTiming {
  readonly average: number;
  readonly median: number;
  readonly p95: number;
  /** Counts below 30 s, 2 min, 5 min, 15 min, 1 h, 6 h, 24 h, and from there on. */
  readonly distribution: readonly number[];
}

export interface FunnelStep {
  /** Persons who came this far. */
  readonly total: number;
  /** Absent on the first step, on others, and when not asked for. */
  readonly timing?: StepTiming;
}

/** Without events that match a step: no series. By breakdown rank, others last. */
export interface FunnelResult {
  readonly type: 'funnel';
  readonly series: readonly (Broken & { readonly steps: readonly FunnelStep[] })[];
}

/** Cohorts and points ascend; buckets in which no person returned are left out. */
export interface RetentionResult {
  readonly type: 'retention';
  readonly series: readonly (Broken & {
    readonly cohorts: readonly {
      readonly time: number;
      readonly size: number;
      /** `value`: persons. */
      readonly points: readonly Point[];
    }[];
  })[];
}

export interface UserFlowResult {
  readonly type: 'user_flow';
  readonly nodes: readonly {
    readonly depth: number;
    readonly label: string;
    readonly others: boolean;
  }[];
  /** From `source` at `depth` to `target` at `depth` + 1; `value`: sessions. Positions in `nodes`. */
  readonly links: readonly { readonly source: number; readonly target: number; readonly value: number }[];
}

export interface TopKResult {
  readonly type: 'top_k' | 'map';
  readonly rows: readonly {
    readonly value: number;
    readonly label: string;
    readonly others: boolean;
    readonly profile?: {
      readonly id: string;
      readonly externalId: string;
      /** As they were sent. The analytics store has no such copy: absent until they are read from the profile. */
      readonly properties?: JsonObject;
    };
  }[];
}

export interface LifecycleResult {
  readonly type: 'lifecycle';
  readonly buckets: readonly {
    readonly time: number;
    readonly new: number;
    readonly returning: number;
    readonly resurrecting: number;
    readonly dormant: number;
  }[];
}

export interface StickinessResult {
  readonly type: 'stickiness';
  /** `persons[i]`: active in exactly i + 1 buckets. */
  readonly persons: readonly number[];
}

export type InsightResult =
  | TrendsResult
  | NumberResult
  | SessionsResult
  | FunnelResult
  | RetentionResult
  | UserFlowResult
  | TopKResult
  | LifecycleResult
  | StickinessResult;

/** The result that a question of this type has. */
export type ResultOf<Query extends InsightQuery> = Extract<
  InsightResult,
  { type: Query['type'] extends 'map' ? 'top_k' | 'map' : Query['type'] }
>;
