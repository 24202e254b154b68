import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What is compiled, and where to. */
export function compilations(root) {
  const libraries = readdirSync(join(root, 'libs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'contract')
    .map(({ name }) => ({ from: join(root, 'libs', name, 'src'), to: join(root, 'libs', name, 'dist') }));
  return [
    { from: join(root, 'src'), to: join(root, 'dist') },
    { from: join(root, 'migrations'), to: join(root, 'dist', 'migrations') },
    { from: join(root, 'bench'), to: join(root, 'bench', 'dist') },
    ...libraries,
  ];
}

export function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('.d.ts'))
    .sort();
}

/** Changes when the result of the build would. */
export function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (file) =>
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  for (const file of ['package-lock.json', '.swcrc', 'scripts/build.mjs']) add(join(root, file));
  for (const { from } of compilations(root)) for (const file of sourcesIn(from)) add(join(from, file));
  return hash.digest('hex');
}

/** What a build writes last: the fingerprint of what it compiled. */
export function stampFile(root) {
  return join(root, 'dist', '.sources');
}

export function isBuilt(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === fingerprint(root);
  } catch {
    return false;
  }
}
