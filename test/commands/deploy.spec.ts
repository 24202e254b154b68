import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createProgram } from '../../src/commands/program.js';
import { variableNames } from '../../src/platform/config/variables.js';
import { Command } from '../support/command.js';

// No container runtime runs these files here: they are held against what the server knows, and its files are tried.
jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): Promise<string> => readFile(join(root, name), 'utf8');

describe('the container image', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-image-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('holds what the program needs, and no sources', async () => {
    const copied = [...(await read('Dockerfile')).matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(
      ([, at]) => at,
    );
    expect(copied).toContain('dist');
    for (const path of copied as string[]) {
      if (path === 'node_modules') await install(folder);
      else
        await cp(join(root, path), join(folder, path), {
          recursive: true,
          filter: (source) => !source.endsWith('/dist/compiled'),
        });
    }
    const program = join(folder, 'dist/main.js');
    const env = { ENVIRONMENT: 'production', DATA_DIR: join(folder, 'data') };
    for (const words of [['--version'], ['migrate'], ['doctor']])
      expect(await Command.run(words, { env, folder, program })).toMatchObject({ exitCode: 0 });
  });
});

/** Packages as npm lays them out: those of this repository are links into libs. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@dovecote'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@dovecote') await symlink(join(root, 'node_modules', name), join(modules, name));
  for (const name of await readdir(join(root, 'libs')))
    await symlink(join(folder, 'libs', name), join(modules, '@dovecote', name));
}

describe('docker-compose.yml', () => {
  test('sets variables and runs commands that exist', async () => {
    const text = await read('docker-compose.yml');
    const block = /^x-dovecote:[^]*?\n {2}environment:\n((?: {4}.*\n)+)/m.exec(text)?.[1] ?? '';
    const variables = [...block.matchAll(/^ {4}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(variables).toContain('DATABASE_URL');
    expect(variableNames).toEqual(expect.arrayContaining(variables));
    const commands = [...text.matchAll(/^ {4}command: \[([a-z-]+)/gm)].map(([, name]) => name);
    const known = [...createProgram({}).commands.map((command) => command.name()), 'redis-server'];
    expect(known).toEqual(expect.arrayContaining(commands));
  });

  test('connects as an owner who is no superuser, and looks after its servers', async () => {
    const text = await read('docker-compose.yml');
    expect(text).toContain('create role dovecote login createrole password');
    expect(text).not.toContain('POSTGRES_USER');
    expect(text).toContain('/health/ready');
    expect(text).toContain('volumes: [exports:/data]');
    expect(text).toContain('smtp://mail:1025');
  });
});
