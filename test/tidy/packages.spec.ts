import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { root } from './sources.js';

interface Manifest {
  name: string;
  version: string;
  exports?: Record<string, string | { default: string }>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const packages = readdirSync(join(root, 'libs'));
const ours = join(root, 'libs');

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Names of the packages that the shipped code of a library imports, or that its types name. */
function importsOf(library: string): string[] {
  const folder = join(ours, library, library === 'contract' ? 'gen' : 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    // `spec-engine.ts`: what specs of a library share.
    (path) => /\.(ts|js)$/.test(path) && !/\.spec\.ts$|(^|\/)spec-[a-z]+\.ts$/.test(path),
  );
  const specifiers = files.flatMap((path) =>
    ts.preProcessFile(readFileSync(join(folder, path), 'utf8')).importedFiles.map(({ fileName }) => fileName),
  );
  const names = specifiers
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(names)].sort();
}

describe.each(packages)('the library %s', (library) => {
  const manifest = manifestOf(join(ours, library));
  const { peerDependencies = {} } = manifest;
  // A bundle holds what its sources import: who installs it needs none of that.
  const main = manifest.exports?.['.'];
  const isBundle = typeof main === 'object' && main.default === './dist/bundle.js';
  const dependencies = { ...manifest.dependencies, ...(isBundle && manifest.devDependencies) };

  test('declares what it imports', () => {
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    expect(importsOf(library).filter((name) => !declared.includes(name))).toEqual([]);
  });

  test('shares with who uses it what must be there once', () => {
    // Two copies of protobuf do not know each other's messages.
    expect(Object.keys(dependencies).filter((name) => /^@(bufbuild|connectrpc)\//.test(name))).toEqual([]);
  });

  test('is tested with what it declares', () => {
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      const { version } = manifestOf(join(root, 'node_modules', name));
      expect([name, range.replace('^', '')]).toEqual([name, version]);
    }
  });
});

test('imports are found', () => {
  expect(importsOf('contract')).toEqual(['@bufbuild/protobuf', '@bufbuild/protovalidate']);
  expect(importsOf('rpc')).toContain('@connectrpc/connect');
});
