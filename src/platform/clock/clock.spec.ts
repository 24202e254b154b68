import { describe, expect, test } from '@jest/globals';
import { Clock } from './clock.js';

const hour = 3_600_000;

function ahead(clock: Clock): number {
  return clock.now().getTime() - Date.now();
}

describe('the clock', () => {
  test.each([hour, -hour])('follows a database that is %d ms away', (distance) => {
    const clock = new Clock();
    clock.follow(new Date(Date.now() + distance), 0);
    expect(Math.abs(ahead(clock) - distance)).toBeLessThan(50);
    clock.follow(new Date(), 0);
    expect(Math.abs(ahead(clock))).toBeLessThan(50);
  });

  test('stays as it is within what an answer leaves open', () => {
    const clock = new Clock();
    clock.follow(new Date(Date.now() + 1_000), 0);
    const before = ahead(clock);
    clock.follow(new Date(Date.now() - hour), 2 * hour);
    expect(Math.abs(ahead(clock) - before)).toBeLessThan(50);
    clock.follow(new Date(Date.now() - hour), hour);
    expect(Math.abs(ahead(clock))).toBeLessThan(50);
  });

  test('tells when the time was set back by more than a minute, and only then', () => {
    const clock = new Clock();
    let told = 0;
    clock.onSetBack(() => (told += 1));
    clock.follow(new Date(Date.now() + hour), 0);
    clock.follow(new Date(Date.now() + hour - 30_000), 0);
    expect(told).toBe(0);
    clock.follow(new Date(), 0);
    expect(told).toBe(1);
  });

  test('goes on from where tests have moved it', () => {
    const clock = new Clock();
    clock.travel(hour);
    clock.follow(new Date(Date.now() + hour), 0);
    expect(Math.abs(ahead(clock) - 2 * hour)).toBeLessThan(50);
    expect(clock.travelled).toBe(hour);
  });
});
