import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The compiled modules: the input of the bundle, imported directly by specs and benchmarks. */
export function compiledFolder(root) {
  return join(root, 'dist', 'compiled');
}

/** What is compiled, and where to. */
export function compilations(root) {
  const libraries = readdirSync(join(root, 'libs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'contract')
    .map(({ name }) => ({ from: join(root, 'libs', name, 'src'), to: join(root, 'libs', name, 'dist') }));
  return [
    { from: join(root, 'src'), to: compiledFolder(root) },
    { from: join(root, 'migrations'), to: join(compiledFolder(root), 'migrations') },
    { from: join(root, 'bench'), to: join(root, 'bench', 'dist') },
    ...libraries,
  ];
}

export function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('.d.ts'))
    .sort();
}

const builders = [
  'scripts/build.mjs',
  'scripts/lib/bundle.mjs',
  'scripts/lib/bundle-recorder.mjs',
  'scripts/lib/sources.mjs',
];

/** JavaScript that is bundled without compiling. */
function generatedCode(root) {
  const folder = join(root, 'libs', 'contract', 'gen');
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((file) => join(folder, file));
}

/** Changes when the result of the build would. */
export function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (file) =>
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  for (const file of ['package-lock.json', 'package.json', '.swcrc', ...builders]) add(join(root, file));
  for (const { from } of compilations(root)) for (const file of sourcesIn(from)) add(join(from, file));
  for (const file of generatedCode(root)) add(file);
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
