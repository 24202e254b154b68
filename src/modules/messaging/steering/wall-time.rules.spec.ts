import { describe, expect, test } from '@jest/globals';
import { localTime } from './scheduled-start.js';
import { checkedWallTime, instantOf, refuseStartTime, refuseZone } from './wall-time.rules.js';

describe('a wall time', () => {
  test.each([
    '',
    '2027-03-28',
    '2027-03-28 09:00',
    '2027-03-28T09',
    '2027-03-28T09:00Z',
    '2027-03-28T09:00+01:00',
    '2027-03-28T09:00:00.5',
    '2027-02-29T09:00',
    '2027-13-01T09:00',
    '2027-04-31T09:00',
    '2027-03-28T24:00',
    '2027-03-28T09:60',
    '2027-03-28T09:00:60',
    '2027-03-28T09:00\n',
  ])('is not %j', (given) => {
    expect(() => checkedWallTime(given)).toThrow(
      expect.objectContaining({ details: { violations: [expect.objectContaining({ field: 'wall_time' })] } }),
    );
  });

  test.each([
    ['2027-03-28T09:00', '2027-03-28T09:00:00'],
    ['2028-02-29T23:59:59', '2028-02-29T23:59:59'],
  ])('may be %j', (given, wallTime) => {
    expect(checkedWallTime(given)).toBe(wallTime);
  });
});

test('a zone is one that the IANA database has', () => {
  for (const zone of ['Mars/Olympus', '+01:00', ''])
    expect(refuseZone(zone)?.reason).toBe('INVALID_ARGUMENT');
  for (const zone of ['UTC', 'Europe/Stockholm']) expect(refuseZone(zone)).toBeUndefined();
});

describe('the instant of a wall time', () => {
  test.each([
    ['UTC', '2027-03-28T02:30:00', '2027-03-28T02:30:00.000Z', 'unique'],
    ['Europe/Stockholm', '2027-01-15T09:00:00', '2027-01-15T08:00:00.000Z', 'unique'],
    ['Europe/Stockholm', '2027-07-15T09:00:00', '2027-07-15T07:00:00.000Z', 'unique'],
    // Put forward at 02:00, to 03:00.
    ['Europe/Stockholm', '2027-03-28T01:59:59', '2027-03-28T00:59:59.000Z', 'unique'],
    ['Europe/Stockholm', '2027-03-28T02:00:00', '2027-03-28T01:00:00.000Z', 'missing'],
    ['Europe/Stockholm', '2027-03-28T02:30:00', '2027-03-28T01:30:00.000Z', 'missing'],
    ['Europe/Stockholm', '2027-03-28T03:00:00', '2027-03-28T01:00:00.000Z', 'unique'],
    // Put back at 03:00, to 02:00.
    ['Europe/Stockholm', '2027-10-31T01:59:59', '2027-10-30T23:59:59.000Z', 'unique'],
    ['Europe/Stockholm', '2027-10-31T02:00:00', '2027-10-31T00:00:00.000Z', 'ambiguous'],
    ['Europe/Stockholm', '2027-10-31T02:59:59', '2027-10-31T00:59:59.000Z', 'ambiguous'],
    ['Europe/Stockholm', '2027-10-31T03:00:00', '2027-10-31T02:00:00.000Z', 'unique'],
    // West of Greenwich, and south of the equator by half an hour.
    ['America/New_York', '2027-03-14T02:30:00', '2027-03-14T07:30:00.000Z', 'missing'],
    ['America/New_York', '2027-11-07T01:30:00', '2027-11-07T05:30:00.000Z', 'ambiguous'],
    ['Australia/Lord_Howe', '2027-10-03T02:15:00', '2027-10-02T15:45:00.000Z', 'missing'],
    ['Australia/Lord_Howe', '2027-04-04T01:45:00', '2027-04-03T14:45:00.000Z', 'ambiguous'],
    // Samoa went over the date line: a whole day is missing.
    ['Pacific/Apia', '2011-12-30T12:00:00', '2011-12-30T22:00:00.000Z', 'missing'],
    ['Asia/Kathmandu', '2027-01-15T09:00:00', '2027-01-15T03:15:00.000Z', 'unique'],
  ] as const)('in %s, %s is %s: %s', (zone, wallTime, at, times) => {
    expect(instantOf(wallTime, zone)).toEqual({ at: new Date(at), localTime: localTime[times] });
  });
});

describe('a start', () => {
  const now = new Date('2027-01-01T00:00:00Z');
  const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);

  test.each([-1, 0, 59_999, 366 * 86_400_000 + 1])('is refused %d milliseconds from now', (distance) => {
    expect(refuseStartTime(after(distance), now)?.details.violations).toMatchObject([{ field: 'wall_time' }]);
  });

  test.each([60_000, 366 * 86_400_000])('may be %d milliseconds from now', (distance) => {
    expect(refuseStartTime(after(distance), now)).toBeUndefined();
  });
});
