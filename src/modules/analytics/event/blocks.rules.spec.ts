import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BlockPart, cutBlocks, halve } from './blocks.rules.js';

const bounds = { events: 10, months: 3 };

function part(events: number, months: number[] = [1], layout = 1, attempts = 0): BlockPart {
  return { events, months, layout, attempts };
}

describe('blocks', () => {
  test('without batches do not exist', () => {
    expect(cutBlocks([], bounds)).toEqual([]);
  });

  test('never mix layouts', () => {
    const [old, current] = [part(1), part(1, [1], 2)];
    expect(cutBlocks([old, old, current], bounds)).toEqual([[old, old], [current]]);
  });

  test('end before they have too many events', () => {
    expect(cutBlocks([part(6), part(4), part(1)], bounds)).toEqual([[part(6), part(4)], [part(1)]]);
  });

  test('end before they have too many months, those that they share counted once', () => {
    const parts = [part(1, [1, 2]), part(1, [2, 3]), part(1, [4])];
    expect(cutBlocks(parts, bounds)).toEqual([[parts[0], parts[1]], [parts[2]]]);
  });

  test('give a batch of too many months its own block, behind the others', () => {
    const wide = part(5, [1, 2, 3, 4]);
    expect(cutBlocks([part(1), wide, part(2)], bounds)).toEqual([[part(1), part(2)], [wide]]);
  });

  test('give a batch that has failed before its own block, behind the others', () => {
    const failed = part(1, [1], 1, 1);
    expect(cutBlocks([failed, part(1), part(2)], bounds)).toEqual([[part(1), part(2)], [failed]]);
  });

  test('give a batch of too many events its own block', () => {
    expect(cutBlocks([part(1), part(11), part(1)], bounds)).toEqual([[part(1)], [part(11)], [part(1)]]);
  });

  test('hold every batch once, and keep within the bounds unless it is alone', () => {
    const parts = fc.array(
      fc.record({
        events: fc.integer({ min: 1, max: 12 }),
        months: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
        layout: fc.constantFrom(1, 2),
        attempts: fc.constantFrom(0, 0, 0, 1),
      }),
    );
    fc.assert(
      fc.property(parts, (given) => {
        const blocks = cutBlocks(given, bounds);
        expect(new Set(blocks.flat()).size).toBe(given.length);
        expect(blocks.flat()).toHaveLength(given.length);
        for (const block of blocks.filter(({ length }) => length > 1)) {
          expect(new Set(block.map(({ layout }) => layout)).size).toBe(1);
          expect(new Set(block.flatMap(({ months }) => months)).size).toBeLessThanOrEqual(bounds.months);
          expect(block.reduce((sum, { events }) => sum + events, 0)).toBeLessThanOrEqual(bounds.events);
        }
      }),
    );
  });
});

describe('the halves of a block', () => {
  test.each([
    [[], []],
    [[1], []],
    [
      [1, 2],
      [[1], [2]],
    ],
    [
      [1, 2, 3],
      [[1, 2], [3]],
    ],
  ])('%j are %j', (block, halves) => {
    expect(halve(block)).toEqual(halves);
  });
});
