import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root, sources } from './sources.js';
import type { Source } from './sources.js';

const all = sources();
const code = all.filter(({ path }) => /\.(ts|js|mjs|cjs|proto)$/.test(path));
const specs = code.filter(({ path }) => path.endsWith('.spec.ts'));
// This folder names what it forbids.
const elsewhere = all.filter(({ path }) => !path.startsWith('test/tidy/'));

/** "path:line: text" for each line that matches, as an editor can open it. */
function findings(files: readonly Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('what people wrote', () => {
  test('is found at all', () => {
    expect(code.length).toBeGreaterThan(100);
    expect(specs.length).toBeGreaterThan(10);
  });

  test('has no file over 400 lines, prose and contract aside', () => {
    const long = code
      .filter(({ path }) => !path.endsWith('.proto'))
      .flatMap(({ path, text }) => (text.trimEnd().split('\n').length > 400 ? [path] : []));
    expect(long).toEqual([]);
  });

  test('leaves nothing for later without saying where it is tracked', () => {
    expect(findings(elsewhere, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  test('uses our words and none that hide what a thing does', () => {
    // The file names of the contract are given.
    const ours = elsewhere.filter(({ path }) => !path.startsWith('proto/'));
    const names = ours.filter(({ path }) => /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/i.test(path));
    expect(names.map(({ path }) => path)).toEqual([]);
    expect(
      findings(elsewhere, /\b(simply|obviously|basically|leverag(e|es|ing)|seamless(ly)?|blazing(ly)?)\b/i),
    ).toEqual([]);
    expect(findings(elsewhere, /\borganisations?\b/i)).toEqual([]);
  });

  test('names no package registry: where packages come from is the machine owner’s choice', () => {
    const pattern =
      /registry\.npmjs|npmjs\.org|registry\.yarnpkg|pypi\.org|proxy\.golang|ghcr\.io|buf\.build\/gen/;
    // The name of a Go module is an address.
    const free = elsewhere.filter(({ path }) => !/(^|\/)go\.(mod|sum)$/.test(path));
    expect(findings(free, pattern)).toEqual([]);
  });

  test('says beside each suppression why', () => {
    const unexplained = findings(
      elsewhere,
      /eslint-disable(?!.* -- \S)|@ts-(ignore|nocheck)|prettier-ignore(?!.* - \S)/,
    );
    expect(unexplained).toEqual([]);
  });

  test('has no code put to sleep in comments', () => {
    expect(
      findings(code, /^\s*\/\/\s*(import .* from|const \w+ =|await \w+\(|return \w+\(|if \(.*\) \{)/),
    ).toEqual([]);
  });

  test('pins every package to one version', () => {
    const manifests = all.filter(({ path }) => path.endsWith('package.json'));
    const loose = manifests.flatMap(({ path, text }) => {
      const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
      const groups = ['dependencies', 'devDependencies', 'optionalDependencies'].map(
        (group) => manifest[group] ?? {},
      );
      const versions = groups.flatMap((group) => Object.entries(group));
      return versions.flatMap(([name, version]) =>
        /^\d+\.\d+\.\d+/.test(version) ? [] : [`${path}: ${name}`],
      );
    });
    expect(loose).toEqual([]);
  });
});

describe('the lock file', () => {
  test('names the packages of every platform: without one, npm ci refuses to begin', () => {
    const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(text) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const names = new Set(
      Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)),
    );
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('the tests', () => {
  test('each assert something', () => {
    // Or have a table of test/support do it: describeForeignClient, say.
    const asserts = /\bexpect\(|\bassert|^describe[A-Z]\w+\(/m;
    expect(specs.filter(({ text }) => !asserts.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('are all run: none skipped by name, none alone', () => {
    const pattern = /\b(describe|test|it)\.(only\b|todo\b|skip\()|\b(xit|xtest|fit|fdescribe)\(/;
    expect(findings(elsewhere, pattern)).toEqual([]);
  });

  test('that need a real component wait until it has been fetched', () => {
    const text = readFileSync(join(root, 'scripts/lib/spec-groups.json'), 'utf8');
    const { timed, real } = JSON.parse(text) as Record<string, string[]>;
    const later = [timed, real].flatMap((group) => group ?? []).map((path) => new RegExp(path));
    const needs = /support\/(redis|chromium|python-environment|foreign-client|go)\.js'|'xmlsec1'/;
    const needy = specs.filter(({ path, text: spec }) => needs.test(spec) && !path.startsWith('test/tidy/'));
    expect(needy.length).toBeGreaterThan(8);
    const early = needy.filter(({ path }) => !later.some((group) => group.test(path)));
    expect(early.map(({ path }) => path)).toEqual([]);
  });

  test('have names that tell them apart within their file', () => {
    const twins = specs.flatMap(({ path, text }) => {
      // The same sentence may be true of two things: the describe around it is part of the name.
      const names = [...text.matchAll(/^( *)(describe|test)\((['"`])(.*?)\3/gm)].reduce<{
        group: string;
        all: string[];
      }>(
        ({ group, all: known }, [, , kind, , name = '']) =>
          kind === 'describe'
            ? { group: name, all: known }
            : { group, all: [...known, `${group} › ${name}`] },
        { group: '', all: [] },
      ).all;
      return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${path}: ${name}`);
    });
    expect(twins).toEqual([]);
  });

  test('wait for conditions, not for time', () => {
    expect(findings(specs, /await (delay|sleep|setTimeout)\(\s*\d{3,}/)).toEqual([]);
  });
});
