import type { Actor } from '../../../platform/scope/index.js';

/** What has become of a scheduled start. Numbers of dovecote.campaign.v1.ScheduledStart.State. */
export const startState = { waiting: 1, started: 2, cancelled: 3, notStarted: 4, overtaken: 5 } as const;
export type StartState = (typeof startState)[keyof typeof startState];

/** How often clocks show a wall time. Numbers of dovecote.campaign.v1.ScheduledStart.LocalTime. */
export const localTime = { unique: 1, missing: 2, ambiguous: 3 } as const;
export type LocalTime = (typeof localTime)[keyof typeof localTime];

/** When a campaign is to start, and what has become of it. */
export interface ScheduledStart {
  readonly campaignId: string;
  /** With seconds. */
  readonly wallTime: string;
  readonly zone: string;
  readonly startsAt: Date;
  readonly localTime: LocalTime;
  readonly scheduledBy: Actor;
  readonly scheduledAt: Date;
  /** The content that it is bound to; null: it was scheduled before starts were bound to one. */
  readonly digest: string | null;
  /** `overtaken` is never stored: it follows from the campaign. */
  readonly state: StartState;
  readonly endedAt: Date | null;
  /** Why it did not start the campaign; empty otherwise. */
  readonly reason: string;
  readonly detail: string;
}

/** A scheduled start beside what the campaign would start with now. */
export interface SeenStart extends ScheduledStart {
  /** It waits, and is bound to another content. */
  readonly contentChanged: boolean;
}
