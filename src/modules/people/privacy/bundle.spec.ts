import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeBundle } from './bundle.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-bundle-'));
});

afterAll(() => rm(folder, { recursive: true }));

const good = {
  name: 'good',
  async *lines() {
    yield 'line\n';
  },
};

describe.each([
  ['plain', undefined],
  ['sealed', Buffer.alloc(32, 1)],
])('a %s bundle', (_how, key) => {
  test.each<[string, () => AsyncGenerator<string>]>([
    [
      'at once',
      async function* () {
        yield await Promise.reject<string>(new Error('The database is away.'));
      },
    ],
    [
      'after some lines',
      async function* () {
        yield 'line\n'.repeat(100_000);
        await new Promise(setImmediate);
        throw new Error('The database is away.');
      },
    ],
  ])('fails, and nothing with it, when its lines fail %s', async (_when, lines) => {
    const path = join(folder, 'failed');
    for (const files of [[{ name: 'bad', lines }], [good, { name: 'bad', lines }, good]]) {
      await expect(writeBundle(path, files, key)).rejects.toThrow('The database is away.');
    }
  });
});

test('a bundle holds its files', async () => {
  const path = join(folder, 'whole');
  await writeBundle(path, [good]);
  expect((await readFile(path)).subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
});
