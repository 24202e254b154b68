// What "npm run jest" runs: Jest with the words given. "--changed" stands for the specs that can break by what differs
// from the branch main, committed or not; "--changed=<commit>" compares with another commit.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RelatedSpecs } from './lib/related-specs.mjs';
import { run } from './lib/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const words = process.argv.slice(2).flatMap((word) => {
  const base = /^--changed(?:=(.+))?$/.exec(word);
  return base ? specsChangedSince(base[1] ?? 'main') : [word];
});
process.exit(
  await run(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...words], { cwd: root }),
);

function specsChangedSince(base) {
  const fork = git('merge-base', base, 'HEAD').trim();
  const changed = [
    ...git('diff', '--name-only', fork).split('\n'),
    ...git('ls-files', '--others', '--exclude-standard').split('\n'),
  ].filter((file) => file !== '');
  const specs = new RelatedSpecs(root).of(changed);
  console.log(`${changed.length} changed files, ${specs.length} related spec files.`);
  if (specs.length === 0) process.exit(0);
  return ['--runTestsByPath', ...specs];
}

function git(...words) {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' });
}
