import { calendarDate, firstInstantOf, type Granularity, type Window } from '../insight/index.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const lengths = {
  last_1_hour: { hours: 1 },
  last_6_hours: { hours: 6 },
  last_24_hours: { hours: 24 },
  last_7_days: { days: 7 },
  last_14_days: { days: 14 },
  last_30_days: { days: 30 },
  last_90_days: { days: 90 },
  last_180_days: { days: 180 },
  last_365_days: { days: 365 },
} as const satisfies Record<string, { hours: number } | { days: number }>;

/** A range that ends now. */
export type Preset = keyof typeof lengths;

export const defaultPreset: Preset = 'last_30_days';
export const defaultGranularity: Granularity = 'day';

/**
 * Hours back from now, or days from the midnight with which the first of them begins in the zone. It ends with the running
 * minute, so that what is asked within one minute is the same question and has the same answer.
 */
export function windowOf(preset: Preset, zone: string, now: Date): Window {
  const to = Math.ceil(now.getTime() / MINUTE_MS) * MINUTE_MS;
  const length = lengths[preset];
  if ('hours' in length) return { from: to - length.hours * HOUR_MS, to };
  const today = calendarDate(now.getTime(), zone);
  return { from: firstInstantOf(today - (length.days - 1) * DAY_MS, zone), to };
}

/** What bounds hold against: 365 days with two changes of the clock in autumn have an hour more than a range may have. */
export function nominalWindow(preset: Preset): Window {
  const length = lengths[preset];
  return { from: 0, to: 'hours' in length ? length.hours * HOUR_MS : length.days * DAY_MS };
}
