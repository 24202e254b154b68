import { truncate } from './characters.js';
import { plainText } from './plain-text.js';
import { firstSentence } from './sentences.js';

const LONGEST = 500;
/** Code units that are sure to hold that many code points, and the cluster that the cut may be in. */
const ENOUGH = 2 * LONGEST + 64;

/**
 * The first sentence that is no greeting, for the notification banner: at most 500 characters, without markup, personal
 * values masked. The language of the text says what ends a sentence.
 */
export function summaryOf(markdown: string, locale: string): string {
  const lines = beginning(markdown).split('\n');
  return truncate(
    firstSentence(
      lines.map((line) => line.slice(0, ENOUGH)),
      locale,
    ),
    LONGEST,
  );
}

/** The first 500 characters, for lists: one line, without markup, personal values masked. */
export function previewOf(markdown: string): string {
  return truncate(beginning(markdown).replaceAll('\n', ' '), LONGEST).trimEnd();
}

function beginning(markdown: string): string {
  return plainText(markdown, ENOUGH);
}
