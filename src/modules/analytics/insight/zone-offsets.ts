/** A stretch of time in which a zone keeps one distance to UTC, in milliseconds; `from` is included, `to` is not. */
export interface OffsetPeriod {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

const YEAR_MS = 365 * 86_400_000;
/** No zone has changed its offset and changed it back within so short a time since 1970. */
const SCAN_MS = 12 * 3_600_000;
const MAX_CACHED = 2_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const periodsOfYears = new Map<string, readonly OffsetPeriod[]>();

/** The periods that overlap [from, to], ascending. The first begins at or before `from`. Throws RangeError: no such zone. */
export function offsetPeriods(zone: string, from: number, to: number): readonly OffsetPeriod[] {
  const periods: OffsetPeriod[] = [];
  for (let year = Math.floor(from / YEAR_MS); year * YEAR_MS <= to; year++) {
    for (const period of periodsOfYear(zone, year)) {
      const last = periods.at(-1);
      if (last?.offset === period.offset) periods[periods.length - 1] = { ...last, to: period.to };
      else periods.push(period);
    }
  }
  return periods.filter((period) => period.to > from && period.from <= to);
}

/** Years of 365 days since the epoch, so that each is scanned once. */
function periodsOfYear(zone: string, year: number): readonly OffsetPeriod[] {
  const key = `${zone} ${year}`;
  const known = periodsOfYears.get(key);
  if (known) return known;
  const periods = scan(zone, year * YEAR_MS, (year + 1) * YEAR_MS);
  if (periodsOfYears.size >= MAX_CACHED) periodsOfYears.clear();
  periodsOfYears.set(key, periods);
  return periods;
}

function scan(zone: string, from: number, to: number): readonly OffsetPeriod[] {
  const format = formatOf(zone);
  const periods: OffsetPeriod[] = [];
  let began = from;
  let offset = offsetAt(format, from);
  for (let before = from; before < to; before += SCAN_MS) {
    const after = Math.min(before + SCAN_MS, to);
    // What begins with the next year belongs to the next year.
    const next = offsetAt(format, after === to ? to - 1 : after);
    if (next === offset) continue;
    const change = firstInstantWithout(format, offset, before, after);
    periods.push({ from: began, to: change, offset });
    began = change;
    offset = next;
  }
  return [...periods, { from: began, to, offset }];
}

function firstInstantWithout(
  format: Intl.DateTimeFormat,
  offset: number,
  before: number,
  after: number,
): number {
  let [has, lacks] = [before, after];
  while (lacks - has > 1) {
    const middle = Math.floor((has + lacks) / 2);
    if (offsetAt(format, middle) === offset) has = middle;
    else lacks = middle;
  }
  return lacks;
}

function offsetAt(format: Intl.DateTimeFormat, instant: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - Math.floor(instant / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= MAX_CACHED) formats.clear();
  formats.set(zone, format);
  return format;
}
