// Compiles src, migrations and libs, type stripped and decorated, and joins what a server needs into dist.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { bundle } from './lib/bundle.mjs';
import { bundleRecorder } from './lib/bundle-recorder.mjs';
import { compilations, fingerprint, sourcesIn, stampFile } from './lib/sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = fingerprint(root);

await rm(stampFile(root), { force: true });
await Promise.all(compilations(root).map(({ to }) => rm(to, { recursive: true, force: true })));
for (const { from, to } of compilations(root)) {
  await Promise.all(
    sourcesIn(from).map((file) => compile(join(from, file), join(to, file.replace(/ts$/, 'js')))),
  );
}
await bundle(root);
await bundleRecorder(root);
// Written last: an interrupted build is done again.
await writeFile(stampFile(root), sources);

async function compile(source, target) {
  const { code, map } = await transformFile(source, { sourceFileName: relative(dirname(target), source) });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}\n//# sourceMappingURL=${target.split('/').at(-1)}.map\n`);
  await writeFile(`${target}.map`, map);
}
