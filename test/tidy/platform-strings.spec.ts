import { expect, test } from '@jest/globals';
import { sources } from './sources.js';

/**
 * The platform knows the domain by contributions and by columns of the access table. A name of an RPC or of a constraint
 * in the platform is a rule that belongs to a module. Tables are held by tables.spec.ts.
 */
const allowed: Readonly<Record<string, string>> = {
  'src/platform/access/table/': 'The access table names every RPC: deny by default needs one place.',
};

const marks: readonly [what: string, pattern: RegExp][] = [
  ['an RPC', /['"`]\/(pidgr|dovecote)[\w.]*\/\w+/g],
  ['a constraint', /\b\w+_(key|fkey|pkey|check): \(/g],
];

/** Comments show the form of names. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

test('the platform names no RPC and no constraint of a module', () => {
  const found = sources()
    .filter(({ path }) => path.startsWith('src/platform/') && !path.endsWith('.spec.ts'))
    .filter(({ path }) => !Object.keys(allowed).some((prefix) => path.startsWith(prefix)))
    .flatMap(({ path, text }) =>
      marks.flatMap(([what, pattern]) =>
        [...codeOf(text).matchAll(pattern)].map(([name]) => `${path}: ${what}, ${name}`),
      ),
    );
  expect(found).toEqual([]);
});
