const iso =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
const numbered =
  /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
/** RFC 5322, as in HTTP headers. */
const mail = /^[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/;
const compactDate = /^(\d{4})(\d{2})(\d{2})$/;
const plainNumber = /^-?\d+(?:\.\d+)?$/;

export interface TimeForm {
  /** The IANA name of the zone of times that name none. */
  readonly zone: string;
  /** 0: a date such as 3/4/2025 has no reading; 1: day first; 2: month first. */
  readonly dateOrder: number;
}

/** Milliseconds of the epoch, or what is wrong. */
export type ReadTime = number | { readonly wrong: string };

const notATime = { wrong: 'is not a time; ISO 8601 and Unix times are understood' };
const ambiguous = { wrong: 'can be read in two ways; say the order of day and month in date_order' };
const noSuchDay = { wrong: 'is a day or an hour that does not exist' };

/** Reads a time as exports of products have it: as text with or without a zone, or as a Unix time of any unit. */
export function readTime(value: unknown, form: TimeForm): ReadTime {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? notATime : value.getTime();
  if (typeof value === 'bigint') return unixTime(Number(value));
  if (typeof value === 'number') return Number.isFinite(value) ? unixTime(value) : notATime;
  if (typeof value !== 'string' || value.length > 64) return notATime;
  const text = value.trim();
  const compact = compactDate.exec(text);
  if (compact) return fromParts([compact[1], compact[2], compact[3]], form);
  if (plainNumber.test(text)) return unixTime(Number(text));
  const found = iso.exec(text);
  if (found) return fromParts(found.slice(1), form);
  const other = numbered.exec(text);
  if (other) return fromNumbered(other.slice(1), form);
  if (mail.test(text)) return Date.parse(text);
  return notATime;
}

/**
 * A Unix time that counts what the clocks of the zone have shown, as Mixpanel exports it for projects that were made before
 * 2023. Anything else is left to `readTime`.
 */
export function wallTime(value: unknown, { zone }: TimeForm): unknown {
  if (typeof value !== 'number' || !Number.isFinite(value)) return value;
  const local = unixTime(value);
  return typeof local === 'number' ? new Date(instantOf(local, zone)) : value;
}

/** Seconds, milliseconds, microseconds or nanoseconds: times of one unit from 1973 to 5138 are no times of the next. */
function unixTime(number: number): ReadTime {
  const size = Math.abs(number);
  if (size < 1e11) return Math.floor(number * 1e3);
  if (size < 1e14) return Math.floor(number);
  if (size < 1e17) return Math.floor(number / 1e3);
  return size < 1e20 ? Math.floor(number / 1e6) : notATime;
}

function fromNumbered(parts: readonly (string | undefined)[], form: TimeForm): ReadTime {
  const [first = '', second = '', year, ...rest] = parts;
  const dayFirst = form.dateOrder === 1 || (form.dateOrder === 0 && Number(first) > 12);
  const monthFirst = form.dateOrder === 2 || (form.dateOrder === 0 && Number(second) > 12);
  if (dayFirst === monthFirst)
    return first === second ? fromParts([year, first, second, ...rest], form) : ambiguous;
  return fromParts(dayFirst ? [year, second, first, ...rest] : [year, first, second, ...rest], form);
}

function fromParts(parts: readonly (string | undefined)[], { zone }: TimeForm): ReadTime {
  const [year, month, day] = [part(parts, 0), part(parts, 1), part(parts, 2)];
  const [hour, minute, second] = [part(parts, 3), part(parts, 4), part(parts, 5)];
  const fraction = Number((parts[6] ?? '').slice(0, 3).padEnd(3, '0'));
  if (hour > 23 || minute > 59 || second > 60) return noSuchDay;
  const local = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return noSuchDay;
  const offset = parts[7];
  if (offset === undefined || offset === '') return instantOf(local, zone);
  return local - offsetMs(offset);
}

function part(parts: readonly (string | undefined)[], index: number): number {
  return Number(parts[index] ?? 0);
}

function offsetMs(offset: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return (found[1] === '-' ? -1 : 1) * minutes * 60_000;
}

/** The instant at which clocks of the zone show this. An hour that is skipped is taken as the one after it. */
function instantOf(local: number, zone: string): number {
  if (zone === '' || zone === 'UTC') return local;
  const first = local - zoneOffset(local, zone);
  return local - zoneOffset(first, zone);
}

const QUARTER_MS = 900_000;
/** Asking Node costs microseconds, and files have millions of times. */
const known = new Map<string, Map<number, number>>();
const MOST_KNOWN = 100_000;

function zoneOffset(instant: number, zone: string): number {
  let offsets = known.get(zone);
  if (!offsets || offsets.size >= MOST_KNOWN) known.set(zone, (offsets = new Map<number, number>()));
  const quarter = Math.floor(instant / QUARTER_MS);
  const found = offsets.get(quarter);
  if (found !== undefined) return found;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: 'longOffset',
  }).formatToParts(quarter * QUARTER_MS);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', '') ?? '';
  const offset = name === '' ? 0 : offsetMs(name.slice(0, 6));
  offsets.set(quarter, offset);
  return offset;
}
