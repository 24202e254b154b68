import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import { configCommand } from '../../src/commands/config.js';
import { createProgram } from '../../src/commands/program.js';
import { UpcomingModule } from '../../src/modules/analytics/upcoming/index.js';
import { methodName, services } from '../../src/platform/access/index.js';
import { contractOf } from '../../src/platform/access/contract.rules.js';
import { Page } from '../docs/support/page.js';
import { root, sources } from './sources.js';

const pages = sources().filter(({ path }) => path.endsWith('.md'));

function page(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Without fenced code, which is checked by running it. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}

/** Specs write these pages from the code, and compare them. */
const written = ['docs/access.md', 'docs/errors.md', 'docs/plans.md'];

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

  test('is run: each page that shows commands or calls is opened by a spec of test/docs', () => {
    const run = /^(README|docs\/[a-z-]+|docs\/how-to\/[\w-]+)\.md$/;
    const shown = pages.filter(
      ({ path }) => !written.includes(path) && run.test(path) && Page.open(path).snippets.length > 0,
    );
    const specs = sources()
      .filter(({ path }) => /^test\/docs\/[\w-]+\.spec\.ts$/.test(path))
      .map(({ text }) => text);
    expect(shown.length).toBeGreaterThan(12);
    const unopened = shown.filter(({ path }) => !specs.some((text) => text.includes(`Page.open('${path}')`)));
    expect(unopened.map(({ path }) => path)).toEqual([]);
  });

  test('names scripts of npm that exist', () => {
    const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> };
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)].flatMap(([, run, own]) =>
        (run ?? own ?? '') in scripts ? [] : [`${path}: ${run ?? own}`],
      ),
    );
    expect(unknown).toEqual([]);
  });

  test('names commands of dovecote, and options of theirs, that exist', () => {
    const { commands } = createProgram({});
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npx dovecote ([a-z][a-z-]*)([^`\n&]*)/g)].flatMap(([, name = '', rest = '']) => {
        const command = commands.find((known) => known.name() === name);
        const options = [command, ...(command?.commands ?? [])].flatMap(
          (one) => one?.options.map(({ long }) => long) ?? [],
        );
        const wrong = (rest.match(/--[a-z-]+/g) ?? []).filter((option) => !options.includes(option));
        return command ? wrong.map((option) => `${path}: ${name} ${option}`) : [`${path}: ${name}`];
      }),
    );
    expect(unknown).toEqual([]);
  });

  test('names variables, codes and events that the program knows', () => {
    const known = new Set(
      sources()
        .filter(({ path }) => !path.endsWith('.md'))
        .flatMap(({ text }) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []),
    );
    // Read by OpenTelemetry's SDK, and words of other products.
    const foreign = /^(OTEL_\w+|AWS_\w*)$/;
    const unknown = pages
      .filter(({ path }) => !path.startsWith('docs/adr/') && !written.includes(path))
      .flatMap(({ path, text }) =>
        [...prose(text).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].flatMap(([, name = '']) =>
          known.has(name) || foreign.test(name) ? [] : [`${path}: ${name}`],
        ),
      );
    expect(unknown).toEqual([]);
  });

  test('names RPCs that exist', () => {
    // Several packages have a service of the same name.
    const names = new Set(
      services.flatMap(({ name, methods }) => methods.map((one) => `${name}/${one.name}`)),
    );
    const unknown = pages
      .filter(({ path }) => !path.startsWith('docs/adr/'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\b(\w+Service)[/.]([A-Z]\w+)/g)].flatMap(([, service = '', method = '']) =>
          names.has(`${service}/${method}`) ? [] : [`${path}: ${service}/${method}`],
        ),
      );
    expect(unknown).toEqual([]);
  });

  test('numbers its decisions without a gap, gives each its three parts, and lists them', () => {
    const decisions = pages.filter(({ path }) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(path));
    const numbers = decisions.map(({ path }) => Number(path.slice('docs/adr/'.length).slice(0, 4)));
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    const parts = ['Background', 'Decision', 'Consequence'];
    const incomplete = decisions.filter(
      ({ text }) => !parts.every((part) => text.includes(`\n## ${part}\n`)),
    );
    expect(incomplete.map(({ path }) => path)).toEqual([]);
    const index = page('docs/adr/README.md');
    expect(decisions.filter(({ path }) => !index.includes(`(${path.split('/').at(-1)})`))).toEqual([]);
  });

  test('keeps decisions and the architecture short', () => {
    const long = pages.flatMap(({ path, text }) => {
      const most = /^docs\/adr\/\d/.test(path) ? 60 : path === 'docs/ARCHITECTURE.md' ? 200 : Infinity;
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

  test('names every service', () => {
    const missing = services.filter(
      ({ name }) => !text.includes(`\`${name}\``) && !text.includes(`.${name}\``),
    );
    // Names: a whole descriptor takes minutes to print.
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  const states = new Map(
    [...text.matchAll(/^\| `([\w.]+Service)` +\| (.*?) *\|$/gm)].map(([, name = '', state = '']) => [
      name,
      state,
    ]),
  );
  /** As the tables name it: in the first one without its package. */
  const tabled = ({ file, name, typeName }: DescService): string =>
    file.proto.package === 'pidgr.v1' ? name : typeName;
  const isOfAnalytics = (typeName: string): boolean =>
    contractOf(typeName) !== 'own' ||
    /^dovecote\.(?:dashboard|insights|profile|project|transfer|usage)\./.test(typeName);
  const published = services.filter(
    ({ file, typeName }) => file.proto.package === 'pidgr.v1' || isOfAnalytics(typeName),
  );
  const statedAs = (state: RegExp): string[] =>
    [...states].filter(([, stated]) => state.test(stated)).map(([name]) => name);

  test('has a row for each service of the contract that is registered, and for others that they are missing', () => {
    const missing = statedAs(/^missing$/);
    expect(missing).not.toEqual([]);
    expect([...states.keys()].filter((name) => !missing.includes(name)).sort()).toEqual(
      published.map(tabled).sort(),
    );
  });

  test('says exactly what is still to come', () => {
    const whole = published.filter(({ methods }) => methods.every(isUpcoming));
    expect(statedAs(/^answers `UNIMPLEMENTED`$/).sort()).toEqual(whole.map(tabled).sort());
    const parts = services
      .filter((service) => !whole.includes(service))
      .flatMap((service) =>
        service.methods.filter(isUpcoming).map((method) => [tabled(service), method.name] as const),
      );
    const untold = parts.filter(([name, method]) => !states.get(name)?.includes(`\`${method}\``));
    expect(untold).toEqual([]);
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

const upcoming = new Set(
  // Nest keeps what a decorator was given under these keys, untyped.
  (Reflect.getMetadata('controllers', UpcomingModule) as { prototype: object }[]).flatMap(({ prototype }) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(
      ({ value }) => (Reflect.getMetadata(PATTERN_METADATA, value as object) ?? []) as string[],
    ),
  ),
);

function isUpcoming(method: DescMethod): boolean {
  return upcoming.has(methodName(method));
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
