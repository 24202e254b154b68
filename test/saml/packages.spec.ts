import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const { packages } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { packages: Record<string, { version?: string }> };

function versionsOf(name: string): (string | undefined)[] {
  return Object.entries(packages).flatMap(([path, { version }]) =>
    path.endsWith(`node_modules/${name}`) ? [version] : [],
  );
}

test('one xmldom makes the nodes that are canonicalized: another could make others', () => {
  expect(versionsOf('@xmldom/xmldom')).toHaveLength(1);
});

test('one xml-crypto signs, without the holes of those before 6.3.2', () => {
  const [version = '', ...others] = versionsOf('xml-crypto');
  expect(others).toEqual([]);
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  expect(major * 10_000 + minor * 100 + patch).toBeGreaterThanOrEqual(60_302);
});
