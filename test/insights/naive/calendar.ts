import type { Granularity, Window } from '../../../src/modules/analytics/insight/insight-query.js';

const MINUTE = 60_000;
/** Every zone of today shifts its clock at a quarter of an hour of UTC, and lies quarters of an hour apart from it. */
const QUARTER = 15 * MINUTE;

interface LocalTime {
  readonly date: string;
  readonly weekday: string;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const quarters = new Map<string, LocalTime>();

function localTime(instant: number, zone: string): LocalTime {
  const key = `${zone} ${instant}`;
  const known = quarters.get(key);
  if (known !== undefined) {
    return known;
  }
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(instant).map((part) => [part.type, part.value]));
  const time = {
    date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    weekday: parts.get('weekday') ?? '',
    hour: Number(parts.get('hour')),
    minute: Number(parts.get('minute')),
  };
  quarters.set(key, time);
  return time;
}

/** Whether a bucket begins at this quarter of an hour: looks at the local time now and a quarter before. */
function begins(instant: number, granularity: Granularity, zone: string): boolean {
  const now = localTime(instant, zone);
  const before = localTime(instant - QUARTER, zone);
  switch (granularity) {
    case 'minute':
      return true;
    case 'hour':
      // A clock that is set back by a whole hour repeats its hour as a second bucket; by half an hour, to minute 30, it does not.
      return now.minute === 0 || now.hour !== before.hour;
    case 'day':
      return now.date !== before.date;
    case 'week':
      return now.date !== before.date && now.weekday === 'Sun';
    case 'month':
      return now.date.slice(0, 7) !== before.date.slice(0, 7);
  }
}

const starts = new Map<string, number>();

/** The instant at which the bucket of `instant` began. */
export function bucketOf(instant: number, granularity: Granularity, zone: string): number {
  if (granularity === 'minute') {
    return instant - modulo(instant, MINUTE);
  }
  const last = instant - modulo(instant, QUARTER);
  const key = `${zone} ${granularity} ${last}`;
  let start = starts.get(key);
  if (start === undefined) {
    start = last;
    while (!begins(start, granularity, zone)) {
      start -= QUARTER;
    }
    starts.set(key, start);
  }
  return start;
}

/** The start of the bucket after the one that starts here. */
export function nextBucket(start: number, granularity: Granularity, zone: string): number {
  if (granularity === 'minute') {
    return start + MINUTE;
  }
  let next = start + QUARTER;
  while (!begins(next, granularity, zone)) {
    next += QUARTER;
  }
  return next;
}

/** All buckets that the window touches. */
export function bucketsOf(window: Window, granularity: Granularity, zone: string): number[] {
  const buckets = [bucketOf(window.from, granularity, zone)];
  for (;;) {
    const next = nextBucket(buckets.at(-1) ?? 0, granularity, zone);
    if (next >= window.to) {
      return buckets;
    }
    buckets.push(next);
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
