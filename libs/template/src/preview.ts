import { truncate } from './characters.js';
import { plainText } from './plain-text.js';
import { firstSentence } from './sentences.js';

const LONGEST = 500;
/** Code units that are sure to hold that many code points, and the cluster that the cut may be in. */
const ENOUGH = 2 * LONGEST + 64;

/** Excerpts of a rendered message: at most 500 characters each, without markup, personal values masked. */
export interface Excerpts {
  /** The first sentence that is no greeting, for the notification banner. */
  summary: string;
  /** The beginning on one line, for lists. */
  preview: string;
}

/** The language of the text says what ends a sentence. */
export function excerptsOf(markdown: string, locale: string): Excerpts {
  const text = plainText(markdown, ENOUGH);
  const lines = text.split('\n').map((line) => line.slice(0, ENOUGH));
  return {
    summary: truncate(firstSentence(lines, locale), LONGEST),
    preview: truncate(text.slice(0, ENOUGH).replaceAll('\n', ' '), LONGEST).trimEnd(),
  };
}
