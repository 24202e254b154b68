import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { proseOf } from './prose.js';
import { root, sources } from './sources.js';

/**
 * Marks of a voice that newcomers have to decode; docs/style.md says what to write instead. The numbers of words.json
 * may only fall: `WORDS=write npm run jest -- test/tidy/words` lowers them after a rewrite, and never raises one. The
 * number of a folder that moves is moved by hand.
 */
const marks = [
  /\b(whoever|whomever|nobody|somebody|anybody)\b/gi,
  /\b(what|whatever) (came|comes|come|becomes|became|would come) of\b/gi,
  /\b(that|which|has|have) (came|comes|come) of\b/gi,
  /\b(is|are|was|were) told so\b|\bhears? (of it|so)\b/gi,
  /\b(comes?|came|coming|gets?|got) in\b(?! (the|a|an|this|that|one|two|each|order|pieces|parts|any|time|its|their)\b)/gi,
  /\b(lets?|letting|takes?|taken) (\w+ )?in\b(?! (the|a|an|this|that|one|order|turn|its|their)\b)/gi,
  /\bnothing else\b|\bno one else\b/gi,
  /\b(of|for) (its|their|his|her|one’s|one's) own\b|\bof (ours|theirs)\b/gi,
  /\bgood (for|once|until)\b|\bto be had\b|(?<!there )\b(is|are|was) none\b/gi,
  /\b(is|are|was|who|that|what) gone\b|\b(shuts?|shut) (\w+ )?out\b/gi,
  /\b(goes|went) on\b|\b(gives?|knows?|is|are|says?) no more\b/gi,
  /\ball the same\b|\bonce more\b|\banew\b|\bmeanwhile\b|\bof before\b/gi,
  /\bnor (does|do|is|are|can|may)\b|\b(way|ways) (in|out|there|back)\b|\bleans? on\b|\bspeaks? for\b/gi,
  /\b(is|are|was) (not )?said\b|\bwhat (is|was) said\b/gi,
  /^\s*(\/\*\*|\/\/) (Of|Whose|Whoever|Who|And|Nor) /gm,
];

const file = join(root, 'test/tidy/words.json');
// Not ours to change, or full of the words that it forbids.
const excluded =
  /^(migrations\/|CHANGELOG\.md$|docs\/(plans|access|style)\.md$|bench\/results\/|test\/tidy\/)/;

/** `src/modules/signin/scim`, `libs/rpc`, `docs/adr`: as deep as folders have owners. */
function areaOf(path: string): string {
  const folder = dirname(path);
  const depth = folder.startsWith('src/modules/')
    ? 4
    : /^(src\/platform|libs|docs|proto)\//.test(folder)
      ? 3
      : 2;
  return folder.split('/').slice(0, depth).join('/');
}

function counted(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const source of sources().filter(({ path }) => !excluded.test(path))) {
    const prose = proseOf(source);
    const found = marks.reduce((sum, mark) => sum + (prose.match(mark)?.length ?? 0), 0);
    if (found > 0) counts[areaOf(source.path)] = (counts[areaOf(source.path)] ?? 0) + found;
  }
  return counts;
}

function allowed(): Partial<Record<string, number>> {
  return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, number>>;
}

test('no folder has more words of the old voice than before, and words.json says how many', () => {
  const counts = counted();
  if (process.env['WORDS'] === 'write') {
    const before = allowed();
    const lowered = Object.entries(counts)
      .map(([area, count]) => [area, Math.min(count, before[area] ?? 0)] as const)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = lowered.map(([area, count]) => `  ${JSON.stringify(area)}: ${count}`);
    writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
  }
  const most = allowed();
  const areas = [...new Set([...Object.keys(counts), ...Object.keys(most)])];
  expect(areas.flatMap((area) => complaint(area, counts[area] ?? 0, most[area] ?? 0))).toEqual([]);
});

function complaint(area: string, count: number, most: number): string[] {
  if (count > most) return [`${area}: ${count}, at most ${most}; see docs/style.md`];
  if (count < most)
    return [`${area}: ${count} of ${most} are left; WORDS=write npm run jest -- test/tidy/words`];
  return [];
}
