import fc from 'fast-check';
import type { Granularity, Window } from '../../../src/modules/analytics/insight/insight-query.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: Record<Granularity, number> = {
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
};

/** Instants around which something happens to the clock or the calendar of a zone. */
const EDGES = [
  { zone: 'UTC', instant: '2026-06-14T00:00:00Z' },
  { zone: 'UTC', instant: '2024-02-29T00:00:00Z' },
  { zone: 'America/New_York', instant: '2026-03-08T07:00:00Z' },
  { zone: 'America/New_York', instant: '2026-11-01T06:00:00Z' },
  { zone: 'Asia/Kolkata', instant: '2026-01-31T18:30:00Z' },
  { zone: 'Asia/Kathmandu', instant: '2025-12-31T18:15:00Z' },
  { zone: 'Australia/Lord_Howe', instant: '2026-04-04T15:00:00Z' },
  { zone: 'Australia/Lord_Howe', instant: '2026-10-03T15:30:00Z' },
  { zone: 'Europe/Stockholm', instant: '2026-10-25T01:00:00Z' },
  { zone: 'Europe/Stockholm', instant: '2026-03-29T01:00:00Z' },
  { zone: 'Pacific/Chatham', instant: '2026-04-04T14:00:00Z' },
  // Midnight does not exist on this day, and comes twice on the next.
  { zone: 'Africa/Cairo', instant: '2026-04-23T22:00:00Z' },
  { zone: 'America/Havana', instant: '2026-11-01T05:00:00Z' },
] as const;

const GRANULARITIES: readonly Granularity[] = ['minute', 'hour', 'day', 'week', 'month'];

/** Where and when a case plays: its zone, its granularity, and an instant that its events gather around. */
export interface Scene {
  readonly zone: string;
  readonly edge: number;
  readonly granularity: Granularity;
}

export const arbitraryScene: fc.Arbitrary<Scene> = fc
  .record({
    granularity: fc.constantFrom(...GRANULARITIES),
    place: fc.constantFrom(...EDGES),
  })
  .map(({ granularity, place }) => ({
    zone: place.zone,
    edge: Date.parse(place.instant),
    granularity,
  }));

const JITTER = [0, 0, 0, 0, 1, -1, 250, 999, 1000, MINUTE, -MINUTE, 31 * MINUTE, HOUR, -HOUR, 23 * HOUR];

/** Few instants, so that many events share one. */
export function arbitraryInstant(scene: Scene, reach = 3): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: -reach, max: reach }), fc.constantFrom(...JITTER))
    .map(([steps, jitter]) => scene.edge + steps * STEPS[scene.granularity] + jitter);
}

export function arbitraryWindow(scene: Scene): fc.Arbitrary<Window> {
  return fc
    .tuple(
      arbitraryInstant(scene, 2),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(0, 0, 0, 1, 17 * MINUTE),
    )
    .map(([from, steps, more]) => ({ from, to: from + steps * STEPS[scene.granularity] + more }));
}
