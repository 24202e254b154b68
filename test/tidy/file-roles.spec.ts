import { expect, test } from '@jest/globals';
import { sources } from './sources.js';

const paths = new Set(sources().map(({ path }) => path));

test('every rules file has its spec beside it', () => {
  const rules = [...paths].filter((path) => path.endsWith('.rules.ts'));
  expect(rules.length).toBeGreaterThan(25);
  expect(rules.filter((path) => !paths.has(path.replace(/\.ts$/, '.spec.ts')))).toEqual([]);
});

// The platform keeps what it asks the database beside what it does with the answers, in files of many names.
test('statements of modules, commands and the program stand in stores', () => {
  const inStores = sources().filter(
    ({ path }) => /^src\/(?!platform\/)/.test(path) && !path.endsWith('.spec.ts'),
  );
  const withStatements = inStores.filter(({ text }) =>
    /import \{[^}]*\b(loneStatement|statement|readStatement|setStatement)\b[^}]*\} from '[^']*\/platform\/database\//.test(
      text,
    ),
  );
  expect(withStatements.length).toBeGreaterThan(30);
  expect(withStatements.map(({ path }) => path).filter((path) => !path.endsWith('.store.ts'))).toEqual([]);
});
