import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CHUNK_LIMITS, maskEvents, readChunk } from './index.js';

/** Recordings of Chromium by rrweb that masks little: `CORPUS=write npm run jest -- test/browser/recording` makes them. */
const folder = join(import.meta.dirname, '../corpus');
const recordings = readdirSync(folder).map((name): [string, string] => [
  name,
  readFileSync(join(folder, name), 'utf8'),
]);
const limits = { ...CHUNK_LIMITS, earliestMs: 0, latestMs: Number.MAX_SAFE_INTEGER };
const secrets = (value: unknown): string[] => JSON.stringify(value).match(/SECRET[-\w]*/g) ?? [];

describe.each(recordings)('the recording %s', (_, json) => {
  const chunk = readChunk(json, limits);
  const events = chunk.kind === 'chunk' ? chunk.events : [];

  test('is read, but for drawings and fonts', () => {
    expect(events.length).toBeGreaterThan(20);
    const reasons = chunk.kind === 'chunk' ? chunk.leftOut.map(({ reason }) => reason) : [];
    expect(reasons.filter((reason) => reason !== 'canvas' && reason !== 'not-kept')).toEqual([]);
  });

  test('has secrets, and none when it is masked', () => {
    expect(new Set(secrets(JSON.parse(json))).size).toBeGreaterThan(20);
    expect(secrets(maskEvents(events).events)).toEqual([]);
    expect(JSON.stringify(maskEvents(events).events)).toContain('Parcel 42 has arrived.');
  });

  test('has none in any chunks, kept in any order, with gaps and with lost states', () => {
    const cuts = fc.array(fc.nat(events.length), { maxLength: 6 });
    const isKept = fc.array(fc.constantFrom('known', 'lost', 'missing'), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(cuts, isKept, (places, fates) => {
        const ends = [...places, events.length].sort((a, b) => a - b);
        let known: Uint8Array | undefined;
        ends.forEach((end, index) => {
          const part = events.slice(index === 0 ? 0 : ends[index - 1], end);
          if (fates[index] === 'missing') known = undefined;
          else {
            const masked = maskEvents(part, fates[index] === 'lost' ? undefined : known);
            expect(secrets(masked.events)).toEqual([]);
            known = masked.known;
          }
        });
      }),
      { numRuns: 300 },
    );
  });
});
