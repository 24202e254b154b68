/**
 * Each lane has separate slots, so that the jobs of one cannot delay those of another: `mail` for what people wait for at
 * their screens, `campaign` for campaigns, `webhook` for attempts that wait for receivers, `background` for the rest.
 */
export const lanes = ['mail', 'campaign', 'webhook', 'background'] as const;
export type Lane = (typeof lanes)[number];

/** Due jobs of a lane run in the order of priority, and within a priority in the order of time. */
export type Priority = 'high' | 'normal' | 'low';

/** A kind of job. `@HandlesJob` marks its handler. */
export interface Task {
  /** `campaign.advance` */
  readonly name: string;
  readonly lane: Lane;
  readonly priority: Priority;
  /** Its handler finds out by itself whether anything is due: jobs that wait for a time may run before it. */
  readonly mayRunEarly?: boolean;
}

/** In graphile-worker, lower numbers run first. Jobs of earlier releases have 0. */
const numbers: Record<Priority, number> = { high: -10, normal: 0, low: 10 };

export function priorityNumber(priority: Priority): number {
  return numbers[priority];
}
