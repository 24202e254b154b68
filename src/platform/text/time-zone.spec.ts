import { describe, expect, test } from '@jest/globals';
import { resolvedZone } from './time-zone.js';

describe('a zone', () => {
  test.each(['', ' ', 'Mars/Olympus', '+01:00', '-0530', 'Europe/Stockholm; drop table', 'localtime', '\0'])(
    'is not %j',
    (zone) => {
      expect(resolvedZone(zone)).toBeUndefined();
    },
  );

  test.each([
    ['UTC', 'UTC'],
    ['Europe/Stockholm', 'Europe/Stockholm'],
    ['europe/stockholm', 'Europe/Stockholm'],
    ['Etc/GMT+5', 'Etc/GMT+5'],
  ])('may be called %j', (zone, name) => {
    expect(resolvedZone(zone)).toBe(name);
  });
});
