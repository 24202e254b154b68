import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';

/** Joins the recorder for web clients, rrweb's included, into one ES module, with its types beside it. */
export async function bundleRecorder(root) {
  const folder = join(root, 'libs', 'replay-recorder', 'dist');
  await build({
    absWorkingDir: root,
    entryPoints: [join(folder, 'index.js')],
    outfile: join(folder, 'bundle.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // The paths of tsconfig.json lead to the sources instead of the compiled modules.
    tsconfigRaw: '{}',
    legalComments: 'none',
    banner: {
      js: '/* Dovecote recorder, Apache-2.0. Contains rrweb, MIT License, Copyright (c) 2018 Contributors (https://github.com/rrweb-io/rrweb/graphs/contributors) and SmartX Inc. */',
    },
    logLevel: 'warning',
  });
  for (const module of ['index', 'options'])
    await declare(join(folder, '..', 'src', `${module}.ts`), join(folder, `${module}.d.ts`));
}

/** Writes the types of a module whose exports say theirs. */
async function declare(source, target) {
  const { outputText } = ts.transpileDeclaration(await readFile(source, 'utf8'), {});
  await writeFile(target, outputText);
}
