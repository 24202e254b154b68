import type { Token } from './parse.js';
import { parse } from './parse.js';
import { PII_END, PII_START } from './pii.js';

/** Placeholders as they are written: `{{name}}`. */
export interface PlaceholderDifference {
  missing: string[];
  extra: string[];
}

/**
 * What a translation has lost and what it has added. The author's markers around personal text count: a
 * translation without them would show what the source hides.
 */
export function placeholderDifference(source: string, translation: string): PlaceholderDifference {
  const [wanted, found] = [namesIn(source), namesIn(translation)];
  return {
    missing: [...wanted].filter((name) => !found.has(name)),
    extra: [...found].filter((name) => !wanted.has(name)),
  };
}

function namesIn(text: string): Set<string> {
  return new Set(parse(text).flatMap((token) => writtenName(token) ?? []));
}

function writtenName(token: Token): string | undefined {
  switch (token.type) {
    case 'text':
      return undefined;
    case 'placeholder':
      return `{{${token.name}}}`;
    case 'pii_start':
      return PII_START;
    case 'pii_end':
      return PII_END;
  }
}
