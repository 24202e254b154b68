// Which file imports which, read from the text: Prettier gives every import one form.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const statements = /^(?:import|export) (type )?(?:([^'";]*?) from )?'([^']+)';$/gms;
const dynamic = /\bimport\('([^']+)'\)/g;

/**
 * What a file needs from other files at run time: `{ file, names }`, paths from the root. Names are undefined where all
 * of a file is meant. Types are left out: the compiler judges them.
 */
export function importsOf(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  const found = [];
  for (const [, type, clause, specifier] of text.matchAll(statements)) {
    const names = clause === undefined ? undefined : namesIn(clause);
    if (!type && names?.length !== 0) found.push({ specifier, names });
  }
  for (const [, specifier] of text.matchAll(dynamic)) found.push({ specifier, names: undefined });
  return found.map(({ specifier, names }) => ({ specifier, file: fileOf(root, path, specifier), names }));
}

/** The names of `{ a, type B, c as d }`, as the other file calls them; undefined for anything but such a list. */
function namesIn(clause) {
  const list = /^\{(.*)\}$/s.exec(clause.trim())?.[1];
  return list
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as ')[0]);
}

/** Undefined for packages. */
function fileOf(root, path, specifier) {
  const library = /^@dovecote\/(rpc|workflow|template|replay|replay-recorder|secret|saml)$/.exec(
    specifier,
  )?.[1];
  if (library !== undefined) return `libs/${library}/src/index.ts`;
  if (specifier === '#migrations') return 'migrations/index.ts';
  if (!specifier.startsWith('.')) return undefined;
  const target = relative(root, join(root, dirname(path), specifier));
  const source = target.replace(/\.js$/, '.ts');
  return existsSync(join(root, source)) ? source : target;
}
