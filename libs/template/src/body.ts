import type { Token } from './parse.js';
import { type Part, textParts } from './part.js';
import { cut, readPieces } from './pieces.js';
import { partsOfPlace } from './place-parts.js';
import { placesIn } from './places.js';

/** What a value and the author's text become depends on where they stand; markers come out in pairs. */
export function compileBody(tokens: readonly Token[], pii: ReadonlySet<string>): Part[] {
  const { source, pieces } = readPieces(tokens, pii);
  const parts: Part[] = [];
  let at = 0;
  for (const place of placesIn(source)) {
    parts.push(...textParts(cut(pieces, at, place.from)));
    parts.push(...partsOfPlace(place, (from, to) => cut(pieces, from, to), source));
    at = place.to;
  }
  parts.push(...textParts(cut(pieces, at, source.length)));
  return parts;
}
