import { truncate } from './characters.js';
import { plainText } from './plain-text.js';

const LONGEST = 500;
/** Code units that are sure to hold that many code points, and the cluster that the cut may be in. */
const ENOUGH = 2 * LONGEST + 64;
const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** The first sentence, for the notification banner: at most 500 characters, without markup, personal values masked. */
export function summaryOf(markdown: string): string {
  const block = beginning(markdown).split('\n', 1)[0] ?? '';
  const [first] = sentences.segment(block.slice(0, ENOUGH));
  return truncate((first?.segment ?? '').trimEnd(), LONGEST);
}

/** The first 500 characters, for lists: one line, without markup, personal values masked. */
export function previewOf(markdown: string): string {
  return truncate(beginning(markdown).replaceAll('\n', ' '), LONGEST).trimEnd();
}

function beginning(markdown: string): string {
  return plainText(markdown, ENOUGH);
}
