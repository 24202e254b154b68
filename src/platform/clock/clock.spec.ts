import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Clock } from './clock.js';

const hour = 3_600_000;

function ahead(clock: Clock): number {
  return clock.now().getTime() - Date.now();
}

describe('the clock', () => {
  // Both clocks of the machine stand still: no time passes between two looks at them.
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  });
  afterEach(() => void jest.restoreAllMocks());

  test.each([hour, -hour])('follows a database that is %d ms away', (distance) => {
    const clock = new Clock();
    clock.follow(new Date(Date.now() + distance), 0);
    expect(Math.abs(ahead(clock) - distance)).toBeLessThan(2);
    clock.follow(new Date(Date.now()), 0);
    expect(Math.abs(ahead(clock))).toBeLessThan(2);
  });

  test('stays as it is within what an answer leaves open', () => {
    const clock = new Clock();
    clock.follow(new Date(Date.now() + 1_000), 0);
    const before = ahead(clock);
    clock.follow(new Date(Date.now() - hour), 2 * hour);
    expect(Math.abs(ahead(clock) - before)).toBeLessThan(2);
    clock.follow(new Date(Date.now() - hour), hour);
    expect(Math.abs(ahead(clock))).toBeLessThan(2);
  });

  test('tells when the time was set back by more than a minute, and only then', () => {
    const clock = new Clock();
    let told = 0;
    clock.onSetBack(() => (told += 1));
    clock.follow(new Date(Date.now() + hour), 0);
    clock.follow(new Date(Date.now() + hour - 30_000), 0);
    expect(told).toBe(0);
    clock.follow(new Date(Date.now()), 0);
    expect(told).toBe(1);
  });

  test('goes on from where tests have moved it', () => {
    const clock = new Clock();
    clock.travel(hour);
    clock.follow(new Date(Date.now() + hour), 0);
    expect(Math.abs(ahead(clock) - 2 * hour)).toBeLessThan(2);
    expect(clock.travelled).toBe(hour);
  });
});
