import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coarsePositions, toCoarse, toFine } from './grid.rules.js';

const coarse = fc
  .record({
    x: fc.nat(11),
    y: fc.nat(10_000),
    w: fc.integer({ min: 1, max: 12 }),
    h: fc.integer({ min: 1, max: 100 }),
  })
  .filter(({ x, w }) => x + w <= 12);
const fine = fc.record({
  x: fc.nat(2 ** 31 - 1),
  y: fc.nat(2 ** 31 - 1),
  w: fc.integer({ min: 1, max: 72 }),
  h: fc.integer({ min: 1, max: 800 }),
});

describe('a position', () => {
  test('of 12 columns is the same after a stay among 72', () => {
    fc.assert(fc.property(coarse, (position) => expect(toCoarse(toFine(position))).toEqual(position)));
  });

  test('of 12 columns is within the bounds of 72', () => {
    fc.assert(
      fc.property(coarse, (position) => {
        const { x, w, h } = toFine(position);
        expect(x + w).toBeLessThanOrEqual(72);
        expect(h).toBeLessThanOrEqual(800);
      }),
    );
  });

  test('of 72 columns, wherever it stands, is within the bounds of 12', () => {
    fc.assert(
      fc.property(fine, (position) => {
        const { x, y, w, h } = toCoarse(position);
        expect(x + w).toBeLessThanOrEqual(12);
        expect(y).toBeLessThanOrEqual(10_000);
        expect(w).toBeGreaterThanOrEqual(1);
        expect(h >= 1 && h <= 100).toBe(true);
      }),
    );
  });

  test('stays beside its neighbour', () => {
    const [left, right] = [toCoarse({ x: 0, y: 0, w: 9, h: 24 }), toCoarse({ x: 9, y: 0, w: 9, h: 24 })];
    expect(left.x + left.w).toBe(right.x);
  });
});

test('tiles without a position follow below the others, two in a row', () => {
  const given = [{ x: 0, y: 0, w: 72, h: 60 }, undefined, undefined, undefined];
  expect(coarsePositions(given)).toEqual([
    { x: 0, y: 0, w: 12, h: 10 },
    { x: 0, y: 10, w: 6, h: 4 },
    { x: 6, y: 10, w: 6, h: 4 },
    { x: 0, y: 14, w: 6, h: 4 },
  ]);
});
