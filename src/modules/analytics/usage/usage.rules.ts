import { AppError } from '../../../platform/errors/index.js';

/** A calendar month, UTC. */
export interface UsagePeriod {
  readonly start: Date;
  /** Not part of it. */
  readonly end: Date;
}

export interface EventLimit {
  /** 0: none. */
  readonly monthlyEvents: number;
  /** Whether events beyond it are refused. */
  readonly refuses: boolean;
}

/** Percent of the limit of which admins are warned, once a month each. */
const WARNED = [80, 100] as const;
export type WarnedPercent = (typeof WARNED)[number];

/** A project is counted again after a minute, and after so many times as long as counting took: a fiftieth of an engine. */
const LEAST_PAUSE_MS = 50_000;
const SPARING = 50;
/** Between two counts of all days; otherwise only the days of this month and the former are counted. */
const COMPLETE_MS = 86_400_000;

export function periodOf(time: Date): UsagePeriod {
  return { start: monthFrom(time, 0), end: monthFrom(time, 1) };
}

/** The beginning of the month so many months after that of `time`. */
export function monthFrom(time: Date, months: number): Date {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months));
}

export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export interface CountedProject {
  readonly countedAt: Date;
  readonly tookMs: number;
  readonly completeAt: Date;
}

export function isCountDue(counted: CountedProject | undefined, now: Date): boolean {
  if (!counted) return true;
  const pause = Math.max(LEAST_PAUSE_MS, SPARING * counted.tookMs);
  return now.getTime() - counted.countedAt.getTime() >= pause;
}

/** From which time on events are counted this time, and whether these are all. */
export function countFrom(
  counted: CountedProject | undefined,
  now: Date,
): { readonly from: Date; readonly isComplete: boolean } {
  if (!counted || now.getTime() - counted.completeAt.getTime() >= COMPLETE_MS)
    return { from: new Date(0), isComplete: true };
  return { from: monthFrom(now, -1), isComplete: false };
}

/** Which percents of the limit the events have reached. */
export function percentsReached(events: number, { monthlyEvents }: EventLimit): WarnedPercent[] {
  if (monthlyEvents === 0) return [];
  return WARNED.filter((percent) => events * 100 >= monthlyEvents * percent);
}

export function isRefused(events: number, limit: EventLimit): boolean {
  return limit.refuses && percentsReached(events, limit).includes(100);
}

/** Not FAILED_PRECONDITION, on which an SDK drops its events: it keeps these, and tries again. */
export function limitReached(until: Date, now: Date): AppError {
  const sentence = `The events of this month are used up until ${until.toISOString()}; the operator can raise the limit.`;
  const left = Math.ceil((until.getTime() - now.getTime()) / 1000);
  return new AppError('resource_exhausted', 'EVENT_LIMIT_REACHED', sentence, {
    retryAfterSeconds: Math.max(1, Math.min(left, 3600)),
    quota: { subject: 'organization', description: sentence },
  });
}
