import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Command, type CommandResult } from '../support/command.js';
import { eventually } from '../support/eventually.js';

// A production server with its data in a folder, and what happens to the folder.
jest.setTimeout(180_000);

let folder: string;
let running: Command[] = [];
const env = { ENVIRONMENT: 'production', PORT: '0', LOG_FORMAT: 'json', SHUTDOWN_GRACE_SECONDS: '5' };
const inData = (name: string): string => join(folder, 'data', name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-embedded-'));
  expect(await Command.run(['migrate'], { env, folder })).toMatchObject({ exitCode: 0 });
});
afterEach(async () => {
  for (const command of running) command.signal('SIGTERM');
  await Promise.all(running.map((command) => command.result()));
  running = [];
});
afterAll(() => rm(folder, { recursive: true }));

async function expectRefusals(sentence: RegExp, commands: string[][], more = {}): Promise<void> {
  for (const words of commands) {
    const { exitCode, output }: CommandResult = await Command.run(words, {
      env: { ...env, ...more },
      folder,
    });
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/^ {4}at /m);
    expect(exitCode).toBe(1);
  }
}

const every = [
  ['serve'],
  ['migrate'],
  ['rotate-keys'],
  ['doctor'],
  ['create-organization', '--name', 'A', '--admin-email', 'a@a.example'],
];

describe('the master key of a data folder', () => {
  test('that is another is refused, by every command', async () => {
    const key = await readFile(inData('master.key'), 'utf8');
    await writeFile(inData('master.key'), `${Buffer.alloc(32, 9).toString('base64')}\n`);
    await expectRefusals(/encrypted with another master key/, every);
    await writeFile(inData('master.key'), key);
    await expectRefusals(/encrypted with another master key/, [['migrate']], {
      MASTER_KEY: Buffer.alloc(32, 8).toString('base64'),
    });
  });

  test('that is missing is not replaced', async () => {
    await rename(inData('master.key'), inData('elsewhere'));
    await expectRefusals(/master\.key is missing, and the database holds secrets/, every);
    await expect(readFile(inData('master.key'))).rejects.toThrow('ENOENT');
    await rename(inData('elsewhere'), inData('master.key'));
    expect(await Command.run(['doctor'], { env, folder })).toMatchObject({ exitCode: 0 });
  });
});

describe('an embedded PostgreSQL that cannot start again', () => {
  const control = 'postgres/global/pg_control';

  async function serve(): Promise<{ server: Command; health: () => Promise<number> }> {
    const server = Command.start(['serve'], { env, folder });
    running.push(server);
    const [, port] = await server.printed(/"listening":"127\.0\.0\.1:(\d+)"/);
    return { server, health: async () => (await fetch(`http://127.0.0.1:${port}/health`)).status };
  }

  /** As when the disk is full: the server ends, and so does every attempt to start it. */
  async function breakDatabase(): Promise<void> {
    const [pid] = (await readFile(inData('postgres/postmaster.pid'), 'utf8')).split('\n');
    await rename(inData(control), inData(`${control}.away`));
    process.kill(Number(pid), 'SIGKILL');
  }

  test('is tried again until it can', async () => {
    const { server, health } = await serve();
    await breakDatabase();
    await server.printed(
      /Trying again in 0\.5 seconds[^]*Trying again in 1 seconds[^]*Trying again in 2 seconds/,
    );
    expect(await health()).toBe(503);
    await rename(inData(`${control}.away`), inData(control));
    await eventually('it serves again', async () => (await health()) === 200, 60_000);
    running = [];
    expect(await server.stop()).toMatchObject({ exitCode: 0 });
  });

  test('does not keep the process from ending within its grace', async () => {
    const { server } = await serve();
    await breakDatabase();
    await server.printed(/Trying again in 1 seconds/);
    const begin = performance.now();
    running = [];
    const { exitCode } = await server.stop();
    expect(exitCode).toBe(0);
    // Twice the grace: calls first, then jobs.
    expect(performance.now() - begin).toBeLessThan(10_000);
    await rename(inData(`${control}.away`), inData(control));
    await serve();
  });
});
