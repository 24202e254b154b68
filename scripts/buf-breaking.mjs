/**
 * Compares proto/ with the last release, else with the previous state of the main branch, and fails on a
 * change that breaks clients. Says so when there is nothing to compare with.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buf, root } from './proto/buf.mjs';

const base = findBase();
if (base.skipped) {
  console.log(`skipped: ${base.skipped}`);
} else {
  checkOut(base.commit, '.buf/base');
  buf('breaking', '--against', '.buf/base');
  console.log(`proto/ breaks nothing since ${base.name}.`);
}

function findBase() {
  const head = commitOf('HEAD');
  if (!head) return { skipped: 'not a git repository, or no commit yet' };
  const edited = git('status', '--porcelain', '--', 'proto') !== '';
  const release = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', edited ? 'HEAD' : 'HEAD~1');
  const candidates = [release, 'origin/main', 'main', 'HEAD', 'HEAD~1'].filter(Boolean);
  for (const name of candidates) {
    const commit = commitOf(name);
    if (!commit || (commit === head && !edited)) continue;
    if (git('ls-tree', commit, '--', 'proto')) return { name, commit };
    return { skipped: `${name} has no proto/ yet` };
  }
  return { skipped: 'no release tag, and this clone holds no earlier state of the main branch' };
}

function commitOf(name) {
  return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
}

/** Uses a temporary index, so that the repository's index and work tree do not change. */
function checkOut(commit, directory) {
  const target = join(root, directory);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'proto'), { recursive: true });
  const env = { ...process.env, GIT_INDEX_FILE: join(target, 'index') };
  execFileSync('git', ['read-tree', `${commit}:proto`], { cwd: root, env });
  execFileSync('git', ['checkout-index', '--all', `--prefix=${directory}/proto/`], { cwd: root, env });
  copyFileSync(join(root, 'buf.yaml'), join(target, 'buf.yaml'));
  cpSync(join(root, 'third_party/proto'), join(target, 'third_party/proto'), { recursive: true });
}

/** Output of a git command; undefined when it fails, which here means that there is no such thing. */
function git(...args) {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
