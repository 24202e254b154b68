import { dailyCap } from './touch.rules.js';

/**
 * By how much one person changes the counts of a day, in sum over all cells, screens and kinds: a touch is one in one
 * cell, and a person has so many.
 */
export const SENSITIVITY = dailyCap.touches + dailyCap.scrolls;

/** Tables of counts with noise, from which all answers are made. */
export type NoisyTable = 'coarse' | 'fine' | 'cohorts';
/** All touches on a screen, or those on one campaign. */
export type Slice = 'screen' | 'campaign';

/** A sixteenth of epsilon is the smallest share. */
const PARTS = 16;

/**
 * Which part of epsilon a table takes, once and whatever is asked of it. Together they are epsilon: a person's day is in
 * each of the six tables, and nowhere else. The map that everybody looks at first gets half.
 */
const parts: Readonly<Record<Slice, Readonly<Record<NoisyTable, number>>>> = {
  screen: { coarse: 8, fine: 1, cohorts: 1 },
  campaign: { coarse: 4, fine: 1, cohorts: 1 },
};

/** The exponent of the noise as a fraction: a count that is one larger is e^(numerator / denominator) times less likely. */
export interface Exponent {
  readonly numerator: number;
  readonly denominator: number;
}

/** Epsilon is rounded down to thousandths: to the side of more noise. */
export function exponentOf(epsilon: number, slice: Slice, table: NoisyTable): Exponent {
  return {
    numerator: Math.floor(epsilon * 1000 + 1e-4) * parts[slice][table],
    denominator: 1000 * PARTS * SENSITIVITY,
  };
}

/** What all answers about a day cost a person together, as a part of epsilon. */
export function costOfEverything(): number {
  const all = Object.values(parts).flatMap((tables) => Object.values(tables));
  return all.reduce((sum, part) => sum + part, 0) / PARTS;
}
