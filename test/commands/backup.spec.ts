import { readdir, readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { BackupWorld } from '../support/backup-world.js';
import { queryAt } from '../support/external-postgres.js';
import { rowsOfEngine, rowsOfPostgres, withEmbeddedStores, withStores } from '../support/stored-rows.js';

// An installation on servers is backed up under load, and restored on machines on which nothing is.
jest.setTimeout(240_000);

let world: BackupWorld;

beforeAll(async () => {
  world = await BackupWorld.create();
});
afterAll(() => world?.end());

describe('a backup under load', () => {
  test('holds every event that was accepted before it, once, also those that both stores have', async () => {
    // Two batches are in the queue at the instant of the snapshot, and in the analytics store when that is read.
    const before = world.ingest.expected;
    const { backup, release } = await world.backupHeld('busy');
    const second = world.start(['serve', '--role', 'worker'], world.env);
    await world.ingest.drained(60_000);
    // After the snapshot, and drained before the analytics store is read: there as a whole.
    await world.ingest.accept(world.globex, 7);
    await world.ingest.drained(60_000);
    await release();
    expect(await backup.result()).toMatchObject({ exitCode: 0 });
    await world.stop(second);

    await world.expectDone(['restore', world.path('busy')], world.machine('machine'));
    const queued = await withEmbeddedStores(world.path('machine'), ({ postgres: client }) =>
      client.query('select from ingest_batch'),
    );
    expect(queued.rowCount).toBe(2);
    await world.serveUntilDrained('machine');
    expect(await world.eventsIn('machine')).toEqual({
      [world.acme.number]: before[world.acme.number],
      [world.globex.number]: [207, 207],
    });
  });

  test('leaves out what belongs to a project that it does not know', async () => {
    const late = { orgId: world.acme.orgId, number: 103 };
    const { backup, release } = await world.backupHeld('late');
    await world.superuser.query(
      `insert into project (org_id, id, number, name, name_key) overriding system value
       values ($1, gen_random_uuid(), $2, 'late', 'late')`,
      [late.orgId, late.number],
    );
    await world.ingest.accept(late, 5);
    await world.drain();
    await release();
    expect(await backup.result()).toMatchObject({ exitCode: 0 });
    await world.expectDone(['restore', world.path('late')], world.machine('late-machine'));
    expect(Object.keys(await world.eventsIn('late-machine'))).toEqual(['101', '102']);
  });
});

describe('a backup of an installation at rest', () => {
  test('is restored to the same rows and files, on an embedded machine and from there on servers', async () => {
    const source = await withStores(world.database.superuserUrl, world.engine.access, async (stores) => ({
      ...(await rowsOfPostgres(stores.postgres)),
      ...(await rowsOfEngine(stores.engine, 'dovecote')),
    }));
    expect(Object.keys(source).length).toBeGreaterThan(20);
    await world.expectDone(['backup', world.path('quiet')]);
    await world.expectDone(['restore', world.path('quiet')], world.machine('second'));
    expect(await world.rowsIn('second')).toEqual(source);
    expect(await world.expectDone(['doctor'], world.machine('second'))).toContain(
      'signing keys   open with the master key',
    );

    await world.expectDone(['backup', world.path('again')], world.machine('second'));
    const other = await world.postgres.createDatabase();
    const third = {
      DATABASE_URL: other.ownerUrl,
      MASTER_KEY: world.masterKey,
      CLICKHOUSE_URL: Object.assign(new URL(world.engine.url), { pathname: '/third' }).toString(),
      DATA_DIR: world.path('third'),
    };
    await world.expectDone(['restore', world.path('again')], third);
    const rows = await withStores(other.superuserUrl, world.engine.access, async (stores) => ({
      ...(await rowsOfPostgres(stores.postgres)),
      ...(await rowsOfEngine(stores.engine, 'third')),
    }));
    expect(rows).toEqual(source);
    for (const name of ['second', 'third'])
      for (const file of await readdir(world.path('source', 'objects', world.acme.orgId, 'screenshots')))
        expect(await readFile(world.path(name, 'objects', world.acme.orgId, 'screenshots', file))).toEqual(
          await readFile(world.path('source', 'objects', world.acme.orgId, 'screenshots', file)),
        );
    // New numbers begin behind the ones that are there.
    const [{ next }] = (await queryAt(
      other.superuserUrl,
      `select nextval(pg_get_serial_sequence('project', 'number'))::int as next`,
    )) as [{ next: number }];
    const [{ last }] = (await queryAt(
      world.database.superuserUrl,
      `select last_value::int as last from pg_sequences where sequencename = 'project_number_seq'`,
    )) as [{ last: number }];
    expect(next).toBe(last + 1);
  });

  test('is for its owner only', async () => {
    for (const name of ['', 'postgres', 'manifest.json', 'postgres/public.member-000001.zst']) {
      const { mode } = await stat(world.path('quiet', name));
      expect(mode & 0o077).toBe(0);
    }
  });

  test('has the master key only when it is asked for', async () => {
    await world.expectDone(['backup', world.path('keyed'), '--with-key']);
    const withoutKey = { DATA_DIR: world.path('keyless') };
    await world.expectRefusal(['restore', world.path('quiet')], /There is no master key/, withoutKey);
    await world.expectDone(['restore', world.path('keyed')], withoutKey);
    expect(await readFile(world.path('keyless', 'master.key'), 'utf8')).toBe(`${world.masterKey}\n`);
    expect(await readdir(world.path('quiet'))).not.toContain('master.key');
  });
});

test('two backups at once are refused, and so is a full disk', async () => {
  const { backup, release } = await world.backupHeld('one');
  await world.expectRefusal(
    ['backup', world.path('two')],
    /Another backup of this installation is being made/,
  );
  await release();
  expect(await backup.result()).toMatchObject({ exitCode: 0 });
  await world.expectRefusal(['backup', world.path('full')], /MiB left/, {
    ...world.env,
    ANALYTICS_FREE_DISK_MIB: '9999999',
  });
});
