// Nest's decorators need it, also those of a single class that a spec imports.
import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
// Not among the exports of the package, which keeps one logger for each process.
import { resetRootLogger } from '../../../node_modules/nestjs-pino/dist/esm/rootLogger.js';
import { compilations } from '../../../scripts/lib/sources.mjs';
import { useGlobals } from './globals.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const globals = new URL('globals.js', import.meta.url).href;
const folders = compilations(root);

// Specs and their support are TypeScript that Node reads as it is. What they test is the build, as users run it.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
    if (specifier.startsWith('.') && context.parentURL?.endsWith('.ts')) {
      const file = fileURLToPath(new URL(specifier, context.parentURL));
      return next(pathToFileURL(built(file) ?? written(file)).href, context);
    }
    return next(specifier, context);
  },
});

/** Makes the functions of Jest and the logger of the first server those of the next spec file. */
export function beginSpecFile(jestGlobals) {
  useGlobals(jestGlobals);
  resetRootLogger();
}

function built(file) {
  const folder = folders.find(({ from }) => file.startsWith(from + sep));
  const target = folder && join(folder.to, file.slice(folder.from.length));
  return target !== undefined && existsSync(target) ? target : undefined;
}

function written(file) {
  const source = file.replace(/js$/, 'ts');
  return file.endsWith('.js') && existsSync(source) ? source : file;
}
