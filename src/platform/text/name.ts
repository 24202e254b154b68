import { codeOf, hiddenIn, isVisible, withoutHidden, withoutIgnorable } from './characters.js';
import type { Reading } from './reading.js';

/** Line breaks are blanks as well: a name stands on one line. */
const blanks = /\p{White_Space}+/gu;
const around = /^\p{White_Space}+|\p{White_Space}+$/gu;
const controls = /\p{Cc}+/gu;

/**
 * A name in NFC, trimmed, with single inner blanks; refused when it has misleading or invisible characters.
 * An empty name stays empty: another rule decides whether a name is required.
 */
export function readName(given: string): Reading {
  if (given === '') return { text: '' };
  const text = folded(given.replaceAll(around, ''));
  const found = hiddenIn(text);
  if (found !== undefined) {
    return {
      problem: `must not contain control, bidirectional or invisible characters: found ${codeOf(found)}`,
    };
  }
  return isVisible(text) ? { text } : { problem: 'must have at least one visible character' };
}

/** The same for what programs send, who cannot mend it: what a name cannot hold is left out, and may leave nothing. */
export function cleanName(given: string): string {
  const text = folded(withoutHidden(given.replaceAll(controls, ' ')).replaceAll(around, ''));
  return isVisible(text) ? text : '';
}

/** Equal for names that people would take for one another: case, composition and invisible characters do not count. */
export function nameKey(name: string): string {
  // By capitals: "ß" and "SS", or the two small sigmas, are one letter only there.
  return withoutIgnorable(folded(name)).toUpperCase().toLowerCase().normalize('NFC');
}

function folded(text: string): string {
  return text.normalize('NFC').replaceAll(blanks, ' ');
}
