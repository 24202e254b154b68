import { type AppError, invalidArgument } from '../../../platform/errors/index.js';
import { resolvedZone } from '../../../platform/text/index.js';
import { localTime, type LocalTime } from './scheduled-start.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LEAST_AHEAD_MS = MINUTE_MS;
const MOST_DAYS_AHEAD = 366;

/** An instant, and how often the clocks of its zone show the wall time. */
export interface ChosenInstant {
  readonly at: Date;
  readonly localTime: LocalTime;
}

/** With seconds: `2027-03-28T09:00:00`; throws for what is no wall time. */
export function checkedWallTime(given: string): string {
  const [, minutes = '', seconds = ':00'] = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?$/.exec(given) ?? [];
  const wallTime = minutes + seconds;
  const read = Date.parse(`${wallTime}Z`);
  // A day or an hour that no calendar has is read as another one, or not at all.
  if (Number.isNaN(read) || fieldsOf(read) !== wallTime)
    throw invalidArgument([
      {
        field: 'wall_time',
        description: 'must be a date and a time of the zone, such as 2027-03-28T09:00',
      },
    ]);
  return wallTime;
}

export function refuseZone(zone: string): AppError | undefined {
  if (resolvedZone(zone) !== undefined) return undefined;
  return invalidArgument([
    { field: 'zone', description: 'must be the IANA name of a time zone, such as Europe/Stockholm' },
  ]);
}

export function refuseStartTime(at: Date, now: Date): AppError | undefined {
  const ahead = at.getTime() - now.getTime();
  if (ahead >= LEAST_AHEAD_MS && ahead <= MOST_DAYS_AHEAD * DAY_MS) return undefined;
  return invalidArgument([
    {
      field: 'wall_time',
      description: `must be at least a minute and at most ${MOST_DAYS_AHEAD} days from now; it is ${at.toISOString()}`,
    },
  ]);
}

/**
 * The instant at which clocks of the zone show the wall time. The first of two; where there is none, as long after the
 * change of the clocks as the wall time is behind it.
 */
export function instantOf(wallTime: string, zone: string): ChosenInstant {
  const local = Date.parse(`${wallTime}Z`);
  // No zone changes its clocks twice within two days: these are the two distances to UTC that are possible.
  const before = offsetAt(zone, local - DAY_MS);
  const offsets = [...new Set([before, offsetAt(zone, local + DAY_MS)])];
  const found = offsets
    .map((offset) => ({ offset, at: local - offset }))
    .filter(({ offset, at }) => offsetAt(zone, at) === offset)
    .map(({ at }) => at);
  if (found.length === 0) return { at: new Date(local - before), localTime: localTime.missing };
  const isAmbiguous = found.length > 1;
  return {
    at: new Date(Math.min(...found)),
    localTime: isAmbiguous ? localTime.ambiguous : localTime.unique,
  };
}

/** How far the clocks of the zone are ahead of UTC, in milliseconds. */
function offsetAt(zone: string, instant: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
}

function fieldsOf(local: number): string {
  return new Date(local).toISOString().slice(0, 19);
}
