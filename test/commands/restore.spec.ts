import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { BackupWorld } from '../support/backup-world.js';

// An installation on servers is backed up under load, and restored on machines on which nothing is.
jest.setTimeout(240_000);

let world: BackupWorld;

beforeAll(async () => {
  world = await BackupWorld.create();
  await world.expectDone(['backup', world.path('quiet')]);
  await world.expectDone(['restore', world.path('quiet')], world.machine('second'));
});
afterAll(() => world?.end());

/** A copy of the backup from which a restore gets no further than to a file: a pipe into which nothing is written. */
async function haltingAt(file: RegExp, name: string): Promise<string> {
  await cp(world.path('quiet'), world.path(name), { recursive: true });
  const files = await readdir(world.path(name), { recursive: true });
  const path = world.path(name, files.filter((each) => file.test(each)).sort()[0] ?? 'missing');
  await rm(path);
  await promisify(execFile)('mkfifo', [path]);
  return world.path(name);
}

describe('kill -9', () => {
  test('in a backup leaves something that is not restored, and nothing in the way of the next', async () => {
    const { backup, release } = await world.backupHeld('killed');
    backup.signal('SIGKILL');
    await backup.result();
    await release();
    for (const words of [['restore'], ['restore', '--check']])
      await world.expectRefusal(
        [...words, world.path('killed')],
        /holds no complete backup/,
        world.machine('nothing'),
      );
    await world.expectRefusal(['backup', world.path('killed')], /is not empty/);
    await world.expectDone(['backup', world.path('after')]);
  });

  test.each([
    ['in the rows of PostgreSQL', /public\.member: /, /public\.project-/],
    ['in those of the analytics store', /analytics\.events: /, /objects-list-/],
  ])('in a restore, %s, keeps servers away until it has been done again', async (where, moment, next) => {
    const machine = world.machine(`killed ${where}`);
    const restore = world.start(['restore', await haltingAt(next, `halting ${where}`)], machine);
    await restore.printed(moment);
    restore.signal('SIGKILL');
    await restore.result();
    for (const words of [['serve'], ['migrate'], ['doctor'], ['backup', world.path('half')]])
      await world.expectRefusal(words, /The restore of a backup, begun at .* has not ended/, machine);
    await world.expectRefusal(
      ['restore', world.path('after')],
      /Another backup was being restored here/,
      machine,
    );
    await world.expectDone(['restore', world.path('quiet')], machine);
    expect(await world.rowsIn(`killed ${where}`)).toEqual(await world.rowsIn('second'));
  });
});

describe('a restore', () => {
  test('refuses stores that hold something, and says what', async () => {
    await world.expectRefusal(
      ['restore', world.path('quiet')],
      /PostgreSQL holds the tables/,
      world.machine('second'),
    );
    await world.expectRefusal(['restore', world.path('quiet')], /the analytics store holds rows of events/, {
      ...world.machine('fresh'),
      CLICKHOUSE_URL: world.engine.url,
    });
    await mkdir(world.path('objects-only', 'objects', world.acme.orgId), { recursive: true });
    await writeFile(world.path('objects-only', 'objects', world.acme.orgId, 'a.png'), 'x');
    await world.expectRefusal(
      ['restore', world.path('quiet')],
      /the object store holds the object/,
      world.machine('objects-only'),
    );
  });

  test('refuses while a server runs', async () => {
    const server = world.start(['serve'], world.machine('second'));
    await server.printed(/"msg":"ready"/);
    await world.expectRefusal(['restore', world.path('quiet')], /process \d+/, world.machine('second'));
    await world.stop(server);
  });

  test('refuses another master key, with and without --check', async () => {
    const other = { ...world.machine('other-key'), MASTER_KEY: randomBytes(32).toString('base64') };
    for (const words of [['restore'], ['restore', '--check']])
      await world.expectRefusal([...words, world.path('quiet')], /another master key/, other);
  });

  test('refuses a backup of which a byte was changed, and names the file', async () => {
    await cp(world.path('quiet'), world.path('damaged'), { recursive: true });
    const files = await readdir(world.path('damaged'), { recursive: true });
    const kinds = [
      /public\.member-/,
      /analytics.events-/,
      /screenshots.7\.png/,
      /objects-list-/,
      /manifest\.json/,
    ];
    for (const kind of kinds) {
      const name = files.find((file) => kind.test(file)) ?? '';
      const path = world.path('damaged', name);
      const whole = await readFile(path);
      const damaged = Buffer.from(whole);
      damaged[whole.length >> 1]! ^= 1;
      await writeFile(path, damaged);
      const sentence = new RegExp(`${name.replaceAll('.', '\\.')} in .* is damaged`);
      await world.expectRefusal(
        ['restore', world.path('damaged'), '--check'],
        sentence,
        world.machine('nothing'),
      );
      await writeFile(path, whole.subarray(0, -1));
      await world.expectRefusal(
        ['restore', world.path('damaged'), '--check'],
        sentence,
        world.machine('nothing'),
      );
      await writeFile(path, whole);
    }
    await world.expectDone(['restore', world.path('damaged'), '--check'], world.machine('nothing'));
    await expect(stat(world.path('nothing'))).rejects.toThrow('ENOENT');
  });

  test('refuses a manifest that was made to fit a forged file', async () => {
    const path = world.path('damaged', 'manifest.json');
    const outer = JSON.parse(await readFile(path, 'utf8')) as {
      manifest: { program: string };
      sha256: string;
    };
    outer.manifest.program = '0.0.1';
    outer.sha256 = createHash('sha256').update(JSON.stringify(outer.manifest)).digest('hex');
    await writeFile(path, JSON.stringify(outer));
    for (const words of [['restore'], ['restore', '--check']])
      await world.expectRefusal(
        [...words, world.path('damaged')],
        /changed without the master key/,
        world.machine('nothing'),
      );
  });
});
