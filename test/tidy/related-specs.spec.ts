import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RelatedSpecs } from '../../scripts/lib/related-specs.mjs';
import { compilations, sourcesIn } from '../../scripts/lib/sources.mjs';

const root = join(import.meta.dirname, '../..');
const related = new RelatedSpecs(root);

describe('npm run jest -- --changed', () => {
  test('runs the specs that import a file, and those that call its module', () => {
    const specs = related.of(['src/modules/people/member/member.service.ts']);
    expect(specs).toEqual(
      expect.arrayContaining(['test/rpc/member.spec.ts', 'test/rpc/member-list.spec.ts']),
    );
    expect(related.of(['src/modules/signin/scim/filter-sql.ts'])).toContain('test/scim/users.spec.ts');
    expect(related.of(['libs/workflow/src/duration.ts'])).toContain('libs/workflow/src/duration.spec.ts');
  });

  test('leaves out what does not depend on it', () => {
    const specs = related.of(['src/modules/signin/scim/filter-sql.ts']);
    expect(specs).not.toContain('test/rpc/template.spec.ts');
    expect(specs.length).toBeLessThan(50);
  });

  test('runs everything when the tests themselves or the packages change', () => {
    const everything = related.of(['package-lock.json']);
    expect(everything.length).toBeGreaterThan(200);
    expect(related.of(['test/support/test-server.ts'])).toEqual(everything);
  });

  test('knows specs for every source', () => {
    const unknown = compilations(root)
      .filter(({ from }) => !from.endsWith('/bench'))
      .flatMap(({ from, to }) =>
        sourcesIn(from)
          .filter((file) => !isTypesOnly(join(to, file.replace(/ts$/, 'js'))))
          .map((file) => join(from, file).slice(root.length).replace(/^\//, '')),
      )
      .filter((file) => related.of([file]).every((spec) => spec.startsWith('test/tidy/')));
    expect(unknown).toEqual([]);
  });
});

function isTypesOnly(compiled: string): boolean {
  return (
    readFileSync(compiled, 'utf8')
      .replace(/\/\*.*?\*\/|\/\/.*$/gms, '')
      .trim() === 'export { };'
  );
}
