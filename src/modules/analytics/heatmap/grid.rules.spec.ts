import { describe, expect, test } from '@jest/globals';
import { readResolution, spansOf } from './grid.rules.js';

describe('a resolution', () => {
  test.each([
    [0, 0.02],
    [Math.fround(0.02), 0.02],
    [Math.fround(0.005), 0.005],
    [Math.fround(0.1), 0.1],
    [Math.fround(0.0123456), 0.012346],
  ])('that is sent as %d is %d', (sent, read) => {
    expect(readResolution(sent, 0.02)).toBe(read);
  });
});

describe('a side of the screen', () => {
  test.each([
    [0.02, 50, 50],
    [0.1, 50, 10],
    [0.005, 200, 200],
    [0.01, 200, 100],
    [0.03, 50, 34],
    [0.05, 50, 20],
    [0.0123, 200, 82],
  ])('in cells of %d, of %d cells, has %d', (resolution, base, count) => {
    const spans = spansOf(resolution, base);
    expect(spans).toHaveLength(count);
    const covered = new Float64Array(base);
    for (const { parts } of spans)
      for (const { cell, part } of parts) covered[cell] = (covered[cell] ?? 0) + part;
    for (const sum of covered) expect(sum).toBeCloseTo(1, 6);
    for (const [index, { centre }] of spans.slice(0, -1).entries())
      expect(centre).toBeCloseTo((index + 0.5) * resolution, 9);
    expect(spans.at(-1)?.centre).toBeLessThan(1);
  });

  test('takes whole cells where they fit, and parts of those on a border', () => {
    expect(spansOf(0.04, 50)[7]?.parts).toEqual([
      { cell: 14, part: 1 },
      { cell: 15, part: 1 },
    ]);
    expect(spansOf(0.05, 50)[1]?.parts).toEqual([
      { cell: 2, part: expect.closeTo(0.5) },
      { cell: 3, part: 1 },
      { cell: 4, part: 1 },
    ]);
  });
});
