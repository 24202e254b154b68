import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProgram } from '../../src/commands/program.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { variableNames } from '../../src/platform/config/variables.js';
import { root } from '../docs/support/page.js';

const run = promisify(execFile);
const unit = join(root, 'deploy/systemd/dovecote.service');

let text: string;
beforeAll(async () => {
  text = await readFile(unit, 'utf8');
});

/** All values of a setting. */
const settings = (name: string): string[] =>
  [...text.matchAll(RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe('the systemd unit', () => {
  test('sets variables and runs a command that exist', () => {
    const pairs = settings('Environment').flatMap((line) => line.split(' '));
    const env = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
    const { NODE_ENV, ...ours } = env;
    expect(NODE_ENV).toBe('production');
    expect(variableNames).toEqual(expect.arrayContaining(Object.keys(ours)));
    expect(loadConfig(ours).dataDir).toBe(`/var/lib/${settings('StateDirectory')[0]}`);
    const [program = '', ...words] = settings('ExecStart')[0]?.split(' ') ?? [];
    expect([program, ...words.slice(0, -1)]).toEqual([
      '/opt/dovecote/node_modules/.bin/node',
      '--enable-source-maps',
      '/opt/dovecote/dist/main.js',
    ]);
    expect(createProgram({}).commands.map((command) => command.name())).toContain(words.at(-1));
  });

  test('lets calls and then jobs finish, and its database stop, before it is killed', () => {
    expect(settings('KillSignal')).toEqual(['SIGTERM']);
    expect(settings('KillMode')).toEqual(['mixed']);
    expect(Number(settings('TimeoutStopSec')[0])).toBeGreaterThan(
      2 * loadConfig({}).shutdownGraceSeconds + 30,
    );
  });
});

const missing = spawnSync('systemd-analyze', ['--version']).error && 'no systemd-analyze';
if (missing) console.log(`skipped: ${missing}`);

(missing ? describe.skip : describe)('systemd-analyze', () => {
  let folder: string;
  let installed: string;

  // Installed where this repository is: it looks for what the unit starts.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-unit-'));
    installed = join(folder, 'dovecote.service');
    await writeFile(installed, text.replaceAll('/opt/dovecote', root));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('finds no mistake', async () => {
    expect(await run('systemd-analyze', ['verify', installed])).toEqual({ stdout: '', stderr: '' });
  });

  test('finds a mistake', async () => {
    const broken = join(folder, 'broken.service');
    await writeFile(
      broken,
      text.replace('ExecStart=/opt', 'ExecStart=/nowhere').replace('KillMode', 'KilMode'),
    );
    const { stderr } = await run('systemd-analyze', ['verify', broken]).catch(
      (error: { stderr: string }) => error,
    );
    expect(stderr).toContain('KilMode');
    expect(stderr).toContain('/nowhere/dovecote');
  });

  test('sees little that an intruder could do: 1.5 of 10', async () => {
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=15', installed]);
  });
});
