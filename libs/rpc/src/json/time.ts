const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](\d\d):(\d\d))$/;
const duration = /^-?\d{1,12}(?:\.\d{1,9})?s$/;

/**
 * Whether day, hour and offset exist. A JavaScript Date takes the 30th of February for the 2nd of March, and 24:00 for
 * the next day.
 */
export function isCalendarTime(text: string): boolean {
  const [, year, month, day, hour, offsetHour = '0', offsetMinute = '0'] = time.exec(text) ?? [];
  if (year === undefined || Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month)))
    return false;
  return Number(hour) < 24 && Number(offsetHour) < 24 && Number(offsetMinute) < 60;
}

export function isDuration(text: string): boolean {
  return duration.test(text);
}

function daysOf(year: number, month: number): number {
  // Any leap year of the same rhythm: Date takes the years below 100 for those of the last century.
  return month < 1 || month > 12 ? 0 : new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}
