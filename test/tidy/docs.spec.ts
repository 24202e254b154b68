import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import { configCommand } from '../../src/commands/config.js';
import { UpcomingModule } from '../../src/modules/upcoming/index.js';
import { services } from '../../src/platform/access/index.js';
import { root, sources } from './sources.js';

const pages = sources().filter(({ path }) => path.endsWith('.md'));

function page(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Without fenced code, which is checked by running it. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}

describe('the documentation', () => {
  test('is found', () => {
    expect(pages.length).toBeGreaterThan(10);
  });

  test('links to pages and headings that exist', () => {
    const broken = pages.flatMap(({ path, text }) =>
      [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
        /^https?:/.test(target) || resolves(path, target) ? [] : [`${path}: ${target}`],
      ),
    );
    expect(broken).toEqual([]);
  });

  test('names files that exist', () => {
    const named = /`((?:src|libs|test|scripts|migrations|proto|docs|\.ci)\/[\w./-]+)`/g;
    const missing = pages.flatMap(({ path, text }) =>
      [...prose(text).matchAll(named)].flatMap(([, file = '']) =>
        existsSync(join(root, file)) ? [] : [`${path}: ${file}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  test('numbers its decisions without a gap', () => {
    const numbers = pages
      .flatMap(({ path }) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('keeps decisions and the architecture short', () => {
    const long = pages.flatMap(({ path, text }) => {
      const most = path.startsWith('docs/adr/') ? 60 : path === 'docs/ARCHITECTURE.md' ? 200 : Infinity;
      return text.split('\n').length > most ? [path] : [];
    });
    expect(long).toEqual([]);
  });
});

describe('README', () => {
  const text = page('README.md');

  test('begins with the two commands', () => {
    expect(text.startsWith('```sh\nnpm start\nnpm test\n```\n')).toBe(true);
  });

  test('names every service, and exactly those RPCs that are still to come', () => {
    const list = section(text, 'What this release has').split('answers `UNIMPLEMENTED`')[1]?.split('\n\n')[1];
    const [whole = '', ...parts] = (list ?? '').split(/^- /m).slice(1);
    const later = upcoming();
    const wrong = services.flatMap((service) => {
      const missing = service.methods.filter(({ name }) => later.has(`${service.name}/${name}`));
      const part = parts.find((bullet) => bullet.startsWith(`\`${service.name}\`:`)) ?? '';
      const named = [...part.matchAll(/`(\w+)`/g)].slice(1).map(([, name]) => name);
      const isWhole = missing.length === service.methods.length;
      const expected = isWhole ? [] : missing.map(({ name }) => name);
      const fits = isWhole === whole.includes(`\`${service.name}\``) && sameSet(named, expected);
      return fits ? [] : [`${service.name}: ${expected.join(', ')}${isWhole ? 'all of it' : ''}`];
    });
    expect(wrong).toEqual([]);
    expect(services.filter(({ name }) => !text.includes(`${name}\``)).map(({ name }) => name)).toEqual([]);
  });
});

test('docs/configuration.md is what the program says', () => {
  const rows = (table: string): string[] =>
    table.split('\n').flatMap((line) =>
      line.startsWith('|')
        ? [
            line
              .replaceAll(/\s*\|\s*/g, '|')
              .replaceAll(/-+(?=\|)/g, '---')
              .replaceAll('\\', ''),
          ]
        : [],
    );
  expect(rows(page('docs/configuration.md'))).toEqual(rows(configCommand({}, { markdown: true })));
});

/** `RoleService/ListRoles` of each RPC that answers UNIMPLEMENTED. */
function upcoming(): Set<string> {
  // Nest keeps what a decorator was given under this key, untyped.
  const controllers = Reflect.getMetadata('controllers', UpcomingModule) as { prototype: object }[];
  const patterns = controllers.flatMap(({ prototype }) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(
      ({ value }) => (Reflect.getMetadata(PATTERN_METADATA, value as object) ?? []) as string[],
    ),
  );
  return new Set(patterns.map((pattern) => pattern.slice(pattern.lastIndexOf('.') + 1)));
}

function sameSet(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
}

function resolves(from: string, target: string): boolean {
  const [file = '', heading] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, path))) return false;
  return heading === undefined || headings(page(path)).has(heading);
}

/** As forges make anchors of them. */
function headings(text: string): Set<string> {
  return new Set(
    [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(/\s/g, '-'),
    ),
  );
}
