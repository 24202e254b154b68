import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { BackupWorld } from '../support/backup-world.js';
import { TestBucket } from '../support/bucket.js';
import { eventually } from '../support/eventually.js';
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

describe('a backup in a bucket', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await TestBucket.start();
  });
  afterAll(() => bucket.stop());

  test('is restored like one in a folder, with objects that were in a bucket', async () => {
    const key = `${world.acme.orgId}/screenshots/large.png`;
    const large = randomBytes(20 * 1024 * 1024);
    bucket.objects.set(key, large);
    const env = { ...world.env, ...bucket.env };
    await world.expectDone(['backup', 's3://exports/backups'], env);
    await world.expectRefusal(['backup', 's3://exports/backups'], /holds a backup already/, env);
    await world.expectRefusal(['backup', 's3://exports/other', '--with-key'], /is for folders/, env);
    // There the objects are files.
    const { S3_BUCKET: _, ...access } = bucket.env;
    const machine = { ...world.machine('from-bucket'), ...access };
    await world.expectDone(['restore', 's3://exports/backups', '--check'], machine);
    await world.expectDone(['restore', 's3://exports/backups'], machine);
    expect(await readFile(world.path('from-bucket', 'objects', key))).toEqual(large);
    const [damaged] = [...bucket.objects.keys()].filter((name) => name.includes('public.member-'));
    bucket.objects.delete(damaged ?? '');
    await world.expectRefusal(
      ['restore', 's3://exports/backups', '--check'],
      /public\.member.* is missing/,
      machine,
    );
    await world.expectRefusal(
      ['restore', 's3://exports/nowhere', '--check'],
      /holds no complete backup/,
      machine,
    );
    bucket.objects.clear();
  });

  test('makes room for the next, and leaves alone what is no backup', async () => {
    const env = { ...world.env, ...bucket.env };
    const other = 'shelf/notes/of-an-operator.txt';
    const interrupted = 'shelf/dovecote-2020-01-01T00-00-00Z/postgres/public.member-000001.zst';
    for (const key of [other, interrupted]) bucket.objects.set(key, Buffer.from('x'));
    const backups = (): string[] => [
      ...new Set([...bucket.objects.keys()].map((key) => key.split('/').slice(0, 2).join('/'))),
    ];
    await world.expectDone(['backup', 's3://exports/shelf', '--keep', '1'], env);
    const [first] = backups().filter((name) => name.startsWith('shelf/dovecote-'));
    expect(backups().sort()).toEqual([first, 'shelf/notes']);
    const output = await world.expectDone(['backup', 's3://exports/shelf', '--keep', '1'], env);
    expect(output).toContain(`Deleted the earlier backup ${first?.split('/')[1]}.`);
    expect(backups()).toHaveLength(2);
    expect(backups()).not.toContain(first);
    const [second] = backups().filter((name) => name.startsWith('shelf/dovecote-'));
    await world.expectDone(['restore', `s3://exports/${second}`, '--check'], env);
  });
});

describe('a scheduled backup', () => {
  /** Not while this runs, whatever the time is. */
  const never = '30 2 29 2 *';
  const job = `select graphile_worker.add_job('backup.run', max_attempts := 1)`;

  test('is made by a worker, and an operator sees it', async () => {
    const env = {
      ...world.env,
      BACKUP_TARGET: world.path('shelf'),
      BACKUP_SCHEDULE: never,
      BACKUP_KEEP: '2',
    };
    const server = await world.serve(env, 'all');
    await eventually('the worker knows the schedule', async () => {
      const known = `select from graphile_worker._private_known_crontabs where identifier = 'backup.run'`;
      return (await world.superuser.query(known)).rows.length === 1;
    });
    await world.superuser.query(job);
    await server.printed(/"msg":"backup made"/);
    const [name = ''] = await readdir(world.path('shelf'));
    expect(name).toMatch(/^dovecote-\d{4}-/);
    const [, port] = await server.printed(/"listening":"127\.0\.0\.1:(\d+)"/);
    const health = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}/health`)).json();
    expect(await health()).toMatchObject({ status: 'ok', backups: 'ok' });
    expect(await world.expectDone(['doctor'], env)).toMatch(/ok {4}backups {8}the last one ended at/);
    await world.stop(server);
    await world.expectDone(['restore', world.path('shelf', name), '--check']);
  });

  test('that fails is an error in the log, and seen by an operator until the next one is made', async () => {
    await writeFile(world.path('occupied'), 'a file');
    const env = { ...world.env, BACKUP_TARGET: world.path('occupied'), BACKUP_SCHEDULE: never };
    const server = await world.serve(env, 'all');
    await world.superuser.query(job);
    await server.printed(/"level":50.*"msg":"backup failed"/);
    const [, port] = await server.printed(/"listening":"127\.0\.0\.1:(\d+)"/);
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(await health.json()).toMatchObject({ status: 'degraded', backups: 'unavailable' });
    await world.stop(server);
    expect(await world.expectDone(['doctor'], env)).toMatch(
      /warn {2}backups {8}the latest one failed: .* is a file, not a folder/,
    );
    await world.expectDone(['backup', world.path('mended')]);
    expect(await world.expectDone(['doctor'], env)).not.toMatch(/the latest one failed/);
  });

  test.each([
    ['a schedule without a place', { BACKUP_SCHEDULE: '30 2 * * *' }, /BACKUP_SCHEDULE must/],
    ['a malformed schedule', { BACKUP_TARGET: '/x', BACKUP_SCHEDULE: 'daily' }, /BACKUP_SCHEDULE must/],
    ['a malformed bucket', { BACKUP_TARGET: 's3:///x' }, /BACKUP_TARGET must/],
  ])('refuses %s', async (_, variables, sentence) => {
    await world.expectRefusal(['migrate'], sentence, { ...world.env, ...variables });
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
