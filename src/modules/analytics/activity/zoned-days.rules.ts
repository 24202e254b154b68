import { invalidArgument } from '../../../platform/errors/index.js';
import { resolvedZone } from '../../../platform/text/index.js';
import { bucketsOf, calendarDate, firstInstantOf, type Window } from '../insight/index.js';
import type { DayCount } from './activity.js';

const DAY_MS = 86_400_000;
/** Days before today, unless a range is given; events may be up to a day ahead. */
const DAYS_BEFORE = 60;
const MOST_DAYS = 3_660;

/** Days by a clock on a wall. */
export interface ZonedDays {
  readonly window: Window;
  readonly zone: string;
  /** When each day begins, ascending. */
  readonly starts: readonly number[];
}

/** @throws AppError INVALID_ARGUMENT for an unknown zone, and a range that is reversed or too long. */
export function zonedDaysOf(asked: Window | undefined, zone: string, now: number): ZonedDays {
  if (resolvedZone(zone) === undefined)
    throw invalidArgument([
      { field: 'time_zone', description: 'must be the IANA name of a time zone, such as Europe/Stockholm' },
    ]);
  const window = asked ?? lastDays(zone, now);
  if (window.from >= window.to)
    throw invalidArgument([{ field: 'end_time', description: 'must be after start_time' }]);
  if (window.to - window.from > MOST_DAYS * DAY_MS)
    throw invalidArgument([
      { field: 'end_time', description: `must be at most ${MOST_DAYS} days after start_time` },
    ]);
  return { window, zone, starts: bucketsOf(window, zone, 'day') };
}

/** The date of the day that begins at the instant. */
export function dayCount(start: number, count: number, zone: string): DayCount {
  return { date: new Date(calendarDate(start, zone)).toISOString().slice(0, 10), count };
}

function lastDays(zone: string, now: number): Window {
  const today = calendarDate(now, zone);
  return {
    from: firstInstantOf(today - DAYS_BEFORE * DAY_MS, zone),
    to: firstInstantOf(today + 2 * DAY_MS, zone),
  };
}
