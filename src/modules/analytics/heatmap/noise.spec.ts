import { describe, expect, test } from '@jest/globals';
import { DayNoise, type NoisedDay } from './noise.js';

const seed = Buffer.alloc(32, 1);
const day: NoisedDay = {
  slice: 'screen',
  table: 'coarse',
  screen: 'Inbox',
  campaignId: '',
  day: '2026-11-30',
  fingerprint: '7/123',
  exponent: { numerator: 1, denominator: 40 },
};

function drawn(of: Partial<NoisedDay> = {}, first = 0, count = 400, from = seed): number[] {
  const all: number[] = [];
  new DayNoise(from, { ...day, ...of }).each(first, count, (noise) => all.push(noise));
  return all;
}

describe('the noise of a day', () => {
  test('is the same whenever it is asked for, in pieces or as a whole', () => {
    expect(drawn()).toEqual(drawn());
    expect([...drawn({}, 0, 8), ...drawn({}, 8, 392)]).toEqual(drawn());
    expect(drawn({}, 4 * 2 ** 32, 4)).not.toEqual(drawn({}, 0, 4));
  });

  test.each<[what: string, other: Partial<NoisedDay>]>([
    ['slice', { slice: 'campaign' }],
    ['table', { table: 'fine' }],
    ['screen', { screen: 'inbox' }],
    ['campaign', { campaignId: '0190f5e2-5e6b-7c3a-9b1f-000000000001' }],
    ['day', { day: '2026-11-29' }],
    ['content of the day', { fingerprint: '8/123' }],
    ['epsilon', { exponent: { numerator: 2, denominator: 40 } }],
    ['boundary between two names', { screen: 'Inbox","', campaignId: '' }],
  ])('is another with another %s', (_what, other) => {
    const [one, two] = [drawn(), drawn(other)];
    const equal = one.filter((noise, index) => noise === two[index]).length;
    expect(equal).toBeLessThan(40);
    // As with independent numbers: no scaled copy.
    const product = one.reduce((sum, noise, index) => sum + noise * (two[index] ?? 0), 0);
    const size = (of: number[]): number => Math.sqrt(of.reduce((sum, noise) => sum + noise ** 2, 0));
    expect(Math.abs(product) / (size(one) * size(two))).toBeLessThan(0.25);
  });

  test('is another with another seed', () => {
    expect(drawn({}, 0, 400, Buffer.alloc(32, 2))).not.toEqual(drawn());
  });
});
