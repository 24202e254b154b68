import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createEnvelope } from '@dovecote/secret';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import {
  reseal,
  type SealedColumn,
  sealedColumns,
  sealedJobs,
} from '../../src/platform/sealed-columns/index.js';
import { Command, type CommandResult } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { plantRows, tenantTables } from '../tenancy/tenant-tables.js';

jest.setTimeout(180_000);

const newMasterKey = Buffer.alloc(32, 9);
const [acme, other] = [uuid(), uuid()];
const old = createEnvelope(testMasterKey);
const current = createEnvelope(newMasterKey);
/** More than a transaction seals again. */
const LINKS = 450;

let database: TestDatabase;

beforeAll(async () => {
  // Declares what every module seals.
  await import('../../src/app.module.js');
  database = await cloneDatabase();
  for (const id of [acme, other]) {
    await database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [id]);
    await plantRows(database, await tenantTables(database), id, 'x');
    await database.query(
      `insert into organization_deletion (organization_id, id, requested_by, request_id, requested_at, due_at)
       values ($1, $1, $1, 'r', now(), now() + interval '30 days')`,
      [id],
    );
  }
  await database.query(
    `insert into deeplink_key (org_id, version, created_at) select $1, n, now() from generate_series(2, $2) n`,
    [acme, LINKS],
  );
  await database.query(
    `insert into cookieless_salt (day, sealed) values ('2026-11-29', ''), ('2026-11-30', '')`,
  );
  // Makes signing keys.
  expect(await run({ MASTER_KEY: testMasterKey })).toMatchObject({ exitCode: 0 });
  await sealAll();
});
afterAll(() => database?.drop());

function envOf(keys: Readonly<Record<string, Buffer>>): Record<string, string> {
  const values = Object.entries(keys).map(([name, key]) => [name, key.toString('base64')] as const);
  return {
    DATABASE_URL: database.ownerUrl,
    DATABASE_APP_URL: database.appUrl,
    ...Object.fromEntries(values),
  };
}

const both = { MASTER_KEY: newMasterKey, MASTER_KEY_ACCEPTED: testMasterKey };

function run(keys: Readonly<Record<string, Buffer>>, words = ['rotate-keys']): Promise<CommandResult> {
  return Command.run(words, { env: envOf(keys), folder: tmpdir() });
}

interface Found {
  readonly place: string;
  readonly ctid: string;
  readonly bound: string;
  readonly sealed: Buffer | null;
}

/** Every row of the column. */
async function valuesOf({ table, column, places, context }: SealedColumn): Promise<Found[]> {
  const rows = await database.query<{ ctid: string; places: string[]; sealed: Buffer | null }>(
    `select ctid::text, array[${places.map((place) => `${place}::text`).join(', ')}] as places, ${column} as sealed
       from ${table}`,
  );
  return rows.map((row) => ({ ...row, place: `${table}.${column}`, bound: context(...row.places) }));
}

async function jobs(): Promise<{ task: string; id: string; sealed: Buffer }[]> {
  return database.query(
    `select t.identifier as task, j.payload->>'id' as id, decode(j.payload->>'sealed', 'base64') as sealed
       from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where j.payload->>'sealed' is not null`,
  );
}

const secretOf = (bound: string): string => `the secret of ${bound}`;

/** With the previous key, in place of what planted rows hold. */
async function sealAll(): Promise<void> {
  await database.query('set session_replication_role = replica');
  for (const column of sealedColumns()) {
    // The keys that sign are real.
    if (column.table === 'signing_key') continue;
    const update = `update ${column.table} set ${column.column} = $1 where ctid = $2`;
    for (const { ctid, bound } of await valuesOf(column))
      await database.query(update, [old.seal(secretOf(bound), bound), ctid]);
  }
  await database.query('set session_replication_role = origin');
  for (const { task, context } of sealedJobs()) {
    const id = uuid();
    const sealed = old.seal(secretOf(context(id)), context(id)).toString('base64');
    await database.query(
      `select graphile_worker.add_job($1, json_build_object('id', $2::text, 'sealed', $3::text))`,
      [task, id, sealed],
    );
  }
}

/** How many values each key opens; what is opened must be what was sealed. */
async function opened(): Promise<{ old: number; current: number }> {
  const count = { old: 0, current: 0 };
  const contextOfJob = new Map(sealedJobs().map(({ task, context }) => [task, context]));
  const values = [
    ...(await Promise.all(sealedColumns().map(valuesOf))).flat(),
    ...(await jobs()).map(({ task, id, sealed }) => ({
      sealed,
      place: task,
      bound: contextOfJob.get(task)?.(id) ?? '',
    })),
  ];
  for (const { sealed, bound, place } of values) {
    if (!sealed) throw new Error(`${place} is empty.`);
    const isNew = Buffer.from(current.keyId).equals(sealed.subarray(1, 9));
    const text = (isNew ? current : old).open(sealed, bound).toString();
    if (!place.startsWith('signing_key')) expect(text).toBe(secretOf(bound));
    count[isNew ? 'current' : 'old'] += 1;
  }
  return count;
}

/** Holds a row, at which the command waits with what it has done so far. */
async function heldAt(version: number): Promise<{ readonly held: Client; readonly command: Command }> {
  const held = new Client({ connectionString: database.ownerUrl });
  held.on('error', () => undefined);
  await held.connect();
  await held.query('begin');
  await held.query('select from deeplink_key where org_id = $1 and version = $2 for update', [acme, version]);
  const command = Command.start(['rotate-keys'], { env: envOf(both), folder: tmpdir() });
  await eventually(
    'the command waits for the row',
    async () => {
      const waiting = await database.query(
        `select from pg_stat_activity where application_name = 'dovecote rotate-keys' and wait_event_type = 'Lock'
            and datname = current_database()`,
      );
      return waiting.length > 0;
    },
    60_000,
  );
  return { held, command };
}

describe('dovecote rotate-keys', () => {
  test('says in its help how a master key is changed', async () => {
    const { output } = await run({ MASTER_KEY: testMasterKey }, ['rotate-keys', '--help']);
    expect(output).toContain('Restart every process with the new key in MASTER_KEY_ACCEPTED');
  });

  test.each([
    ['another key alone', { MASTER_KEY: newMasterKey }, 'encrypted with another master key'],
    [
      'two other keys',
      { MASTER_KEY: newMasterKey, MASTER_KEY_ACCEPTED: Buffer.alloc(32, 3) },
      'encrypted with another master key',
    ],
    [
      'one key twice',
      { MASTER_KEY: testMasterKey, MASTER_KEY_ACCEPTED: testMasterKey },
      'MASTER_KEY_ACCEPTED',
    ],
  ])('refuses %s, and changes nothing', async (_what, keys, complaint) => {
    const { exitCode, output } = await run(keys);
    expect(output).toContain(complaint);
    expect(exitCode).toBe(1);
    expect((await opened()).current).toBe(0);
  });

  test('is continued after kill -9, and leaves alone what a server changes at that moment', async () => {
    const total = (await opened()).old;
    expect(total).toBeGreaterThan(LINKS);
    const killed = await heldAt(LINKS - 50);
    killed.command.signal('SIGKILL');
    await killed.command.result();
    await killed.held.end();
    const half = await opened();
    expect(half.current).toBeGreaterThan(0);
    expect(half.old).toBeGreaterThan(0);
    // Until it is done, both keys are needed, and the previous one alone still starts.
    const refusal = 'encrypted with another master key';
    expect((await run({ MASTER_KEY: newMasterKey }, ['doctor'])).output).toContain(refusal);
    expect((await run({ MASTER_KEY: testMasterKey }, ['doctor'])).output).not.toContain(refusal);
    const next = await heldAt(LINKS - 50);
    const bound = `deeplink_key/${acme}/${LINKS - 50}`;
    const changed = current.seal(secretOf(bound), bound);
    await next.held.query('update deeplink_key set sealed_key = $3 where org_id = $1 and version = $2', [
      acme,
      LINKS - 50,
      changed,
    ]);
    await next.held.query('commit');
    await next.held.end();
    const { exitCode, output } = await next.command.result();
    expect(output).toContain('MASTER_KEY_ACCEPTED can be removed.');
    expect(output).toMatch(/deeplink_key\.sealed_key: \d+ sealed again/);
    expect(exitCode).toBe(0);
    // A new key of access tokens was made.
    expect(await opened()).toEqual({ old: 0, current: total + 1 });
    const kept = await database.query('select sealed_key as sealed from deeplink_key where sealed_key = $1', [
      changed,
    ]);
    expect(kept).toHaveLength(1);
  });

  test('lets the previous key be removed, which opens nothing any more', async () => {
    const { exitCode, output } = await run({ MASTER_KEY: newMasterKey }, ['doctor']);
    expect(output).toContain('open with the master key');
    expect(output).not.toContain('another master key');
    expect(exitCode).not.toBeNull();
    const refused = await run({ MASTER_KEY: testMasterKey });
    expect(refused.output).toContain('encrypted with another master key');
    expect(refused.exitCode).toBe(1);
  });

  test('seals nothing a second time, and tells of what neither key opens', async () => {
    const bound = `deeplink_key/${other}/1`;
    const lost = createEnvelope(Buffer.alloc(32, 3)).seal('x', bound);
    await database.query('update deeplink_key set sealed_key = $2 where org_id = $1', [other, lost]);
    const { exitCode, output } = await run(both);
    expect(output).toContain('deeplink_key.sealed_key: 0 sealed again, 1 that neither key opens');
    expect(output).toContain('device.sealed_push_token: 0 sealed again\n');
    expect(exitCode).toBe(0);
    expect(await database.query('select from deeplink_key where sealed_key = $1', [lost])).toHaveLength(1);
  });
});

test('values are sealed again by an owner on whom row-level security is forced', async () => {
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  try {
    const third = createEnvelope([Buffer.alloc(32, 4), newMasterKey]);
    await owner.query('begin');
    await owner.query('create role keeper nosuperuser nobypassrls');
    const { rows } = await owner.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname in ('public', 'graphile_worker')`,
    );
    await owner.query('grant all on schema public, graphile_worker to keeper');
    for (const { name } of rows) await owner.query(`alter table ${name} owner to keeper`);
    // Planted rows refer to nothing.
    await owner.query('set local session_replication_role = replica');
    await owner.query('set role keeper');
    const sealed = await owner.query('select from deeplink_key');
    expect(sealed.rowCount).toBe(0);
    const done: Record<string, number> = {};
    // In this transaction, which is not kept.
    const within = {
      query: (text: string, values?: unknown[]) =>
        /^(begin|commit)$/.test(text) ? undefined : owner.query(text, values),
    };
    await reseal(within as unknown as Client, third, (place, { resealed }) => (done[place] = resealed));
    // One of them was sealed with a key that is not here.
    expect(done).toMatchObject({
      'deeplink_key.sealed_key': LINKS,
      'device.sealed_push_token': 2,
      'organization_deletion.sealed_notice': 2,
      'jobs mail.send': 1,
    });
  } finally {
    await owner.query('rollback');
    await owner.end();
  }
});
