// What "npm test" runs: first what shares the machine well, two files at a time; then what measures time by itself; then,
// one after the other, what starts processes and kills them. With files named ("npm test -- test/rpc/role") only those run.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './lib/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
const timed = ['test/protocol/conformance/'];
const killing = ['test/cluster/', 'test/fault/'];
const together = '--maxWorkers=2';

const given = process.argv.slice(2);
const runs = given.some((word) => !word.startsWith('-'))
  ? [[together]]
  : [
      [together, `--testPathIgnorePatterns=${['/node_modules/', '/dist/', ...timed, ...killing].join('|')}`],
      ['--runInBand', ...timed],
      ['--runInBand', ...killing],
    ];

let worst = 0;
for (const [index, words] of runs.entries()) {
  const code = await run(process.execPath, [
    ...jest,
    ...words,
    ...given.map((word) => numbered(word, index + 1)),
  ]);
  worst ||= code;
  // A signal: whoever sent it means all of it.
  if (code > 128) break;
}
process.exit(worst);

/** Each run writes a report of its own. */
function numbered(word, number) {
  return word.startsWith('--outputFile=') ? `${word}.${number}` : word;
}
