// What "npm test" runs: first what shares the machine, then what measures time by itself. With files named
// ("npm test -- test/rpc/role") only those run.
// While a process still fetches real components (its number is in REAL_COMPONENTS_PID), what runs against them waits for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from './lib/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const { timed, real } = JSON.parse(readFileSync(join(root, 'scripts/lib/spec-groups.json'), 'utf8'));
// Two cores, and specs that wait about as long as they compute: for deadlines, for processes, for PostgreSQL.
const together = '--maxWorkers=3';

const given = process.argv.slice(2);
const fetching = Number(process.env.REAL_COMPONENTS_PID ?? 0);
const phases = given.some((word) => !word.startsWith('-'))
  ? [[together]]
  : [
      [together, without([...timed, ...(fetching ? real : [])])],
      ...(fetching ? [[together, ...real]] : []),
      ['--runInBand', ...timed],
    ];

let worst = 0;
for (const [index, words] of phases.entries()) {
  if (index === 1) await fetched();
  const code = await run(process.execPath, [
    jest,
    ...words,
    ...given.map((word) => numbered(word, index + 1)),
  ]);
  worst ||= code;
  // The run was ended by a signal: start no further groups.
  if (code > 128) break;
}
process.exit(worst);

function without(specs) {
  return `--testPathIgnorePatterns=${['/node_modules/', '/dist/', ...specs].join('|')}`;
}

/** Each run writes a separate report. */
function numbered(word, number) {
  return word.startsWith('--outputFile=') ? `${word}.${number}` : word;
}

async function fetched() {
  if (!fetching || !alive(fetching)) return;
  console.log('[dovecote] Waiting for the real components …');
  while (alive(fetching)) await delay(500);
}

function alive(pid) {
  try {
    // Sends nothing.
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
