import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundedViolations as bounded, inBody, inOneDetail, summaryOf } from './bounded-violations.js';
import type { FieldViolation } from './app-error.js';

const boundedViolations = (violations: readonly FieldViolation[]) => bounded(violations, inOneDetail);

const violation = (field: string, description = 'is wrong') => ({ field, description });

describe('boundedViolations', () => {
  test('cuts what a client can make as long as it likes', () => {
    const [only] = boundedViolations([
      violation(`attributes["${'k'.repeat(1_000_000)}"]`, 'd'.repeat(10_000)),
    ]);
    expect([only?.field.length, only?.description.length]).toEqual([200, 500]);
  });

  test('keeps at most 100, and the first of them', () => {
    const kept = boundedViolations(Array.from({ length: 200 }, (_, i) => violation(`a[${i}]`)));
    expect(kept).toHaveLength(100);
    expect(kept[99]?.field).toBe('a[99]');
  });

  test('never exceeds what a trailer takes, and never says nothing', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 2_000 });
    fc.assert(
      fc.property(fc.array(fc.record({ field: text, description: text }), { minLength: 1 }), (violations) => {
        const kept = boundedViolations(violations);
        expect(kept.length).toBeGreaterThan(0);
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(8_192);
        expect(summaryOf(kept).length).toBeLessThan(550);
      }),
    );
  });

  test('keeps more where they are sent in a body', () => {
    const violations = Array.from({ length: 2_000 }, (_, i) => violation(`events[${i}].name`));
    expect(bounded(violations, inBody)).toEqual(violations.slice(0, 1_000));
  });

  test('leaves few and short ones as they are', () => {
    const violations = [violation('name'), violation('steps[3].id')];
    expect(boundedViolations(violations)).toEqual(violations);
  });
});

describe('summaryOf', () => {
  test('says how many it leaves out', () => {
    const summary = summaryOf(Array.from({ length: 100 }, (_, i) => violation(`permissions[${i}]`)));
    expect(summary).toMatch(/^permissions\[0\]: is wrong; permissions\[1\]: .*; and 8\d more$/);
  });

  test('names no field where none is meant', () => {
    expect(summaryOf([violation('', 'text must not contain NUL')])).toBe('text must not contain NUL');
  });
});
