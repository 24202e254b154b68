import { describe, expect, test } from '@jest/globals';
import { nextBlockEvents, pauseAfter } from './drain-pace.rules.js';

const pace = { between: 500, idle: 200, trouble: 250, mostTrouble: 5_000 };
const outcome = { shrink: false, succeeded: false, claimed: 200, allowed: 200 };
const round = { tookMs: 100, batches: 0, isFull: false, troubles: 0 };

describe('the pause of the drain', () => {
  test.each([
    ['after trouble', { ...round, batches: 9, isFull: true, troubles: 1 }, 250],
    ['after more trouble', { ...round, troubles: 3 }, 1_000],
    ['after much trouble', { ...round, troubles: 2_000 }, 5_000],
    ['while more is waiting', { ...round, batches: 9, isFull: true }, 0],
    ['while events arrive', { ...round, batches: 9 }, 400],
    ['after a slow round', { ...round, batches: 9, tookMs: 900 }, 0],
    ['when nothing arrives', round, 200],
  ])('%s', (_, given, pause) => {
    expect(pauseAfter(given, pace)).toBe(pause);
  });
});

describe('the events of the next claim', () => {
  test.each([
    ['are half of what was too much', { ...outcome, shrink: true, claimed: 400, allowed: 50_000 }, 200],
    ['are at least one', { ...outcome, shrink: true, claimed: 1, allowed: 50_000 }, 1],
    ['double after a success', { ...outcome, succeeded: true }, 400],
    ['stay while the store is away', outcome, 200],
    ['have an end', { ...outcome, succeeded: true, allowed: 40_000 }, 50_000],
  ])('%s', (_, given, events) => {
    expect(nextBlockEvents(given, 50_000)).toBe(events);
  });
});
