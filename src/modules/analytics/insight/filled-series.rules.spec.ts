import { describe, expect, test } from '@jest/globals';
import { filled, filledCohorts } from './filled-series.rules.js';
import type { BreakdownKey } from './insight-result.js';
import { everything } from './question-examples.js';

const kinds = (...names: string[]) => names.map((kind) => ({ kind, filters: [] }));
const series = (event: number, kind: string, breakdown: BreakdownKey, values: Record<number, number>) => ({
  event,
  kind,
  breakdown,
  points: Object.entries(values).map(([time, value]) => ({ time: Number(time), value })),
  total: Object.values(values).reduce((sum, value) => sum + value, 0),
});
const shown = (all: ReturnType<typeof filled>) =>
  all.map(
    ({ event, breakdown, points }) =>
      `${event} ${breakdown === 'others' ? '(others)' : breakdown.join()}: ${points.map(({ time, value }) => `${time}=${value}`).join(' ')}`,
  );

describe('the series of a question', () => {
  test('with one event are left as they are', () => {
    const one = [series(0, 'view', [], { 1: 5, 3: 2 })];
    expect(filled(kinds('view'), one)).toBe(one);
  });

  test('with an event of any kind are left as they are', () => {
    const two = [series(0, 'view', [], { 1: 5 }), series(1, 'buy', [], { 3: 2 })];
    expect(filled(kinds('view', ''), two)).toBe(two);
  });

  test('with several events have the cells of all', () => {
    expect(
      shown(filled(kinds('view', 'buy'), [series(0, 'view', [], { 1: 5 }), series(1, 'buy', [], { 3: 2 })])),
    ).toEqual(['0 : 1=5 3=0', '1 : 1=0 3=2']);
  });

  test('have zeros for an event that never occurred', () => {
    expect(shown(filled(kinds('view', 'buy'), [series(0, 'view', [], { 1: 5 })]))).toEqual([
      '0 : 1=5',
      '1 : 1=0',
    ]);
  });

  test('fill values of the breakdown after those with a rank', () => {
    expect(
      shown(
        filled(kinds('view', 'buy'), [
          series(0, 'view', ['US'], { 1: 5 }),
          series(0, 'view', ['DE'], { 2: 4 }),
          series(1, 'buy', ['SE'], { 1: 1 }),
        ]),
      ),
    ).toEqual(['0 US: 1=5', '0 DE: 2=4', '0 SE: 1=0', '1 SE: 1=1', '1 DE: 2=0', '1 US: 1=0']);
  });

  test('do not fill a value that may be among the others of the event', () => {
    expect(
      shown(
        filled(kinds('view', 'buy'), [
          series(0, 'view', ['US'], { 1: 5 }),
          series(0, 'view', 'others', { 1: 3 }),
          series(1, 'buy', ['DE'], { 2: 1 }),
        ]),
      ),
    ).toEqual(['0 US: 1=5', '0 (others): 1=3', '1 DE: 2=1', '1 US: 1=0', '1 (others): 1=0']);
  });

  test('do not exist when nothing occurred', () => {
    expect(filled(kinds('view', 'buy'), [])).toEqual([]);
  });

  test('are refused when zeros make them too long', () => {
    const values = Array.from({ length: 50 }, (_, event) =>
      Array.from({ length: 100 }, (__, value) => series(event, `e${event}`, [`${event} ${value}`], { 1: 1 })),
    );
    expect(() => filled(kinds(...values.map((_, event) => `e${event}`)), values.flat())).toThrow(
      expect.objectContaining({ reason: 'ANALYTICS_QUERY_TOO_LARGE' }),
    );
  });
});

describe('cohorts', () => {
  const visit = { kind: 'visit', filters: [] };
  const question = { ...everything, granularity: 'hour', start: visit, return: visit } as const;
  const query = { ...question, type: 'retention' } as const;
  const HOUR_MS = 3_600_000;

  test('have every bucket from their own to the end of the window', () => {
    const time = query.window.to - 3 * HOUR_MS;
    const cohort = { time, size: 2, points: [{ time: time + HOUR_MS, value: 1 }] };
    const [one] = filledCohorts(query, { type: 'retention', series: [{ breakdown: [], cohorts: [cohort] }] });
    expect(one?.cohorts[0]?.points.map(({ value }) => value)).toEqual([0, 1, 0]);
  });

  test('are refused when zeros make them too long', () => {
    const cohorts = Array.from({ length: 30 * 24 }, (_, hour) => {
      const time = query.window.from + hour * HOUR_MS;
      return { time, size: 1, points: [{ time, value: 1 }] };
    });
    const result = { type: 'retention', series: [{ breakdown: [], cohorts }] } as const;
    expect(() => filledCohorts(query, result)).toThrow(
      expect.objectContaining({ reason: 'ANALYTICS_QUERY_TOO_LARGE' }),
    );
  });
});
