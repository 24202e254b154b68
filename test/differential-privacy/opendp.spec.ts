/** The noise of heat maps, held against a library that is made for differential privacy. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import {
  exponentOf,
  type NoisyTable,
  SENSITIVITY,
  type Slice,
} from '../../src/modules/analytics/heatmap/budget.rules.js';
import { DayNoise } from '../../src/modules/analytics/heatmap/noise.js';
import { pythonFor } from '../support/python-environment.js';

jest.setTimeout(120_000);

const { python, missing } = pythonFor(import.meta.dirname);
if (missing) process.stdout.write(`skipped: OpenDP: ${missing}\n`);

const SAMPLES = 200_000;
const cases: readonly (readonly [epsilon: number, slice: Slice, table: NoisyTable])[] = [
  [1, 'screen', 'coarse'],
  [5, 'campaign', 'coarse'],
  [0.5, 'screen', 'fine'],
];

interface Answer {
  /** What OpenDP computes for our sensitivity and the scale. */
  readonly epsilon: number;
  readonly counts: Readonly<Record<string, number>>;
}

function scaleOf(...[epsilon, slice, table]: (typeof cases)[number]): number {
  const { numerator, denominator } = exponentOf(epsilon, slice, table);
  return denominator / numerator;
}

function askOpenDp(): Answer[] {
  const scales = cases.map((one) => scaleOf(...one));
  const input = JSON.stringify({ scales, sensitivity: SENSITIVITY, samples: SAMPLES });
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'noise.py')], {
    input,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer[];
}

/** Ours, of a random seed. */
function samplesOf(...[epsilon, slice, table]: (typeof cases)[number]): Record<string, number> {
  const counts: Record<string, number> = {};
  const noise = new DayNoise(randomBytes(32), {
    slice,
    table,
    screen: 'Inbox',
    campaignId: '',
    day: '2026-11-30',
    fingerprint: '',
    exponent: exponentOf(epsilon, slice, table),
  });
  noise.each(0, SAMPLES, (drawn) => (counts[drawn] = (counts[drawn] ?? 0) + 1));
  return counts;
}

/** How far two samples of one size are apart, in standard deviations of what chance does (two-sample chi-square). */
function distance(one: Answer['counts'], other: Answer['counts'], width: number): number {
  const most = 12;
  const binned = (counts: Answer['counts']): Map<number, number> => {
    const bins = new Map<number, number>();
    for (const [value, count] of Object.entries(counts)) {
      const bin = Math.max(-most, Math.min(most, Math.floor(Number(value) / width)));
      bins.set(bin, (bins.get(bin) ?? 0) + count);
    }
    return bins;
  };
  const [a, b] = [binned(one), binned(other)];
  const bins = [...new Set([...a.keys(), ...b.keys()])];
  const chi = bins.reduce((sum, bin) => {
    const [x, y] = [a.get(bin) ?? 0, b.get(bin) ?? 0];
    return sum + (x - y) ** 2 / (x + y);
  }, 0);
  const freedom = bins.length - 1;
  return (chi - freedom) / Math.sqrt(2 * freedom);
}

(missing ? describe.skip : describe)('OpenDP', () => {
  const answers = missing ? [] : askOpenDp();

  test.each(cases.map((one, index) => ({ index, one })))(
    'finds the share of epsilon that we spend: $one',
    ({ index, one }) => {
      const { numerator, denominator } = exponentOf(...one);
      expect(answers[index]?.epsilon).toBeCloseTo((numerator / denominator) * SENSITIVITY, 9);
    },
  );

  test.each(cases.map((one, index) => ({ index, one })))(
    'draws from the same distribution: $one',
    ({ index, one }) => {
      const width = Math.max(1, Math.round(scaleOf(...one) / 4));
      const ours = samplesOf(...one);
      expect(distance(ours, answers[index]?.counts ?? {}, width)).toBeLessThan(7);
      // The comparison notices a scale that is 5 % off.
      const wider: Record<string, number> = {};
      for (const [value, count] of Object.entries(ours)) {
        const moved = Math.round(Number(value) * 1.05);
        wider[moved] = (wider[moved] ?? 0) + count;
      }
      expect(distance(wider, answers[index]?.counts ?? {}, width)).toBeGreaterThan(7);
    },
  );
});
