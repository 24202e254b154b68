import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DescEnum } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { sources } from './sources.js';

/** Enums as the generated code exports them, by full name. */
const enums = new Map(
  (await Promise.all(generatedModules().map((file) => import(file) as Promise<Record<string, unknown>>)))
    .flatMap((exported) => Object.values(exported).filter(isEnum))
    .map((found) => [found.typeName, found]),
);

function generatedModules(): string[] {
  const folder = fileURLToPath(new URL('../../libs/contract/gen', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /^(pidgr|dovecote|shared)\/.*_pb\.js$/.test(file))
    .map((file) => join(folder, file));
}

function isEnum(value: unknown): value is DescEnum {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'enum';
}

const code = sources().filter(({ path }) => /^(src|libs)\/.*(?<!\.spec)\.ts$/.test(path));

/** `Number of pidgr.v1.X` or `Numbers of …` in the comment above a number or an object of numbers. */
const COPY =
  /\/\*\*[^/]*?\b[Nn]umbers? of ((?:\w+\.)+\w+)[^/]*?\*\/\s*(?:export )?const (\w+)[^=]*= (?:\{([^}]*)\}|(\d+))/g;

interface Copy {
  where: string;
  enumName: string;
  numbers: [name: string, number: number][];
}

const copies = code.flatMap(({ path, text }) =>
  [...text.matchAll(COPY)].map(([, enumName = '', name = '', members, single]): Copy => {
    const numbers = [...(members ?? '').matchAll(/(\w+): (\d+)/g)].map(
      ([, key = '', value]): [string, number] => [key, Number(value)],
    );
    return {
      where: `${path}: ${name}`,
      enumName,
      numbers: single === undefined ? numbers : [[name, Number(single)]],
    };
  }),
);

/** `noDevice` and `NO_DEVICE` are DELIVERY_STATUS_NO_DEVICE, which generated code calls NO_DEVICE. */
function numberIn(enumName: string, name: string): number | undefined {
  const constant = /^[A-Z\d_]+$/.test(name) ? name : name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
  return enums.get(enumName)?.values.find(({ localName }) => localName === constant)?.number;
}

test('numbers of enums that are written by hand are those of the contract', () => {
  expect(copies.length).toBeGreaterThanOrEqual(15);
  const wrong = copies.flatMap(({ where, enumName, numbers }) =>
    numbers.length === 0
      ? [`${where} has no numbers`]
      : numbers.flatMap(([name, number]) => {
          const actual = numberIn(enumName, name);
          return actual === number
            ? []
            : [`${where}: ${name} is ${actual} in ${enumName}, and not ${number}`];
        }),
  );
  expect(wrong).toEqual([]);
});

test('every group of such numbers says which enum it copies', () => {
  const kept = code.filter(({ path }) => /^src\/(modules|platform)\//.test(path));
  const groups = kept.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:export )?const (\w+) = \{(?:\s*\w+: \d,?)+\s*\} as const;/gm)].map(
      ([, name = '']) => `${path}: ${name}`,
    ),
  );
  expect(groups.length).toBeGreaterThan(10);
  const known = new Set(copies.map(({ where }) => where));
  expect(groups.filter((where) => !known.has(where))).toEqual([]);
});

test('statements name the states they look for', () => {
  const bare = code.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(status|state|kind|type|org_type|key_type)\s*(=|<>|in\s*\()\s*\d.*/g)].map(
      ([line]) => `${path}: ${line}`,
    ),
  );
  expect(bare).toEqual([]);
});
