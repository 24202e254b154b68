import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import {
  Database,
  readStatement,
  statement,
  type Transaction,
  type TransactionSettings,
} from '../../src/platform/database/index.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const whose = statement('test.whose', 'select distinct org_id as "orgId" from role');
const backend = statement('test.backend', 'select pg_backend_pid() as pid');
const readOnly = statement('test.read_only', `select current_setting('transaction_read_only') as "readOnly"`);
const rename = statement('test.rename', `update role set name = 'mine' where org_id = $1`);
const broken = statement('test.broken', 'select 1 / $1::integer');
const pureName = readStatement('test.pure_name', 'select name from role where org_id = $1 and slug = $2');
const transactionId = readStatement(
  'test.transaction_id',
  'select pg_current_xact_id_if_assigned()::text as id, now() as began',
);
const sneaky = readStatement('test.sneaky', `update role set name = 'mine' where org_id = $1`);
const everyType = statement(
  'test.every_type',
  `select 1::int2 as small, 2::int8 as big, true as yes, null::text as nothing, 'x''"\\' as text, '{"a":[1]}'::jsonb as json,
          array[1,2]::int2[] as numbers, array['a,b','"']::text[] as texts, '\\x00ff'::bytea as bytes,
          timestamptz '2026-11-30 00:12:45.123456+00' as time, timestamptz 'infinity' as never, date '2026-11-30' as day,
          $1::uuid as id, 1.5::numeric as amount`,
);
const slow = statement('test.slow', 'select pg_sleep(60)');

let server: TestServer;
let cast: Cast;
let database: Database;
beforeAll(async () => {
  // One connection, so that whatever one leaves behind the next one finds.
  server = await startTestServer({ env: { DATABASE_POOL_SIZE: '1' } });
  cast = await seedCast(server);
  database = server.server.app.get(Database);
});
afterAll(() => server.stop());

const read = (settings: TransactionSettings = {}) => ({ ...settings, readOnly: true });
const organizations = async (settings: TransactionSettings): Promise<string[]> =>
  (await database.transaction(settings, (tx) => tx.query<{ orgId: string }>(whose))).map(
    ({ orgId }) => orgId,
  );

describe('what only reads', () => {
  test('cannot write, on a new connection or on one that others used', async () => {
    for (let round = 0; round < 2; round += 1) {
      const attempt = database.transaction(read({ orgId: cast.acme.id }), (tx) =>
        tx.execute(rename, [cast.acme.id]),
      );
      await expect(attempt).rejects.toMatchObject({ code: '25006' });
    }
    await expect(
      database.transaction(read({ orgId: cast.acme.id }), (tx) => tx.entities.query('delete from role')),
    ).rejects.toMatchObject({ code: '25006' });
  });

  test('sees its organization, and leaves nothing of it behind on the connection', async () => {
    expect(await organizations(read({ orgId: cast.acme.id }))).toEqual([cast.acme.id]);
    expect(await organizations(read())).toEqual([]);
    expect(await organizations({})).toEqual([]);
    expect(await organizations(read({ orgId: cast.other.id }))).toEqual([cast.other.id]);
    const writer = await database.transaction({ orgId: cast.acme.id }, (tx) => tx.query(readOnly));
    expect(writer).toEqual([{ readOnly: 'off' }]);
  });

  test('keeps organizations apart when many share the connection', async () => {
    const orgs = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? cast.acme.id : cast.other.id));
    const seen = await Promise.all(orgs.map((orgId) => organizations(read({ orgId }))));
    expect(seen).toEqual(orgs.map((orgId) => [orgId]));
  });

  test('runs its statements side by side, each in its own transaction', async () => {
    const [first, second] = await database.transaction(read({ orgId: cast.acme.id }), async (tx) =>
      Promise.all([tx.query(whose), Promise.all([tx.query(backend), tx.query(readOnly)])]),
    );
    expect(first).toEqual([{ orgId: cast.acme.id }]);
    expect(second[1]).toEqual([{ readOnly: 'on' }]);
  });

  test('survives a statement that fails, and so does the connection', async () => {
    const results = await database.transaction(read({ orgId: cast.acme.id }), (tx) =>
      Promise.allSettled([tx.query(broken, [0]), tx.query(whose), tx.query(broken, [1])]),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await organizations(read({ orgId: cast.other.id }))).toEqual([cast.other.id]);
  });

  test('is stopped by its signal, which does not hit who comes next', async () => {
    const controller = new AbortController();
    const tx = await database.begin(read({ orgId: cast.acme.id, signal: controller.signal }));
    const sleeping = tx.query(slow);
    controller.abort();
    await expect(sleeping).rejects.toMatchObject({ code: '57014' });
    await tx.rollback();
    expect(await organizations(read({ orgId: cast.acme.id }))).toEqual([cast.acme.id]);
  });
});

describe('a statement that only reads, in a call that may write', () => {
  const acme = (): TransactionSettings => ({ orgId: cast.acme.id });
  const named = async (tx: { query: Transaction['query'] }): Promise<unknown> =>
    (await tx.query<{ name: string }>(pureName, [cast.acme.id, 'manager']))[0]?.name;

  test('is a separate transaction until the call writes', async () => {
    await database.transaction(acme(), async (tx) => {
      await tx.query(whose);
      const [first] = await tx.query<{ began: Date }>(transactionId);
      await tx.execute(rename, [cast.acme.id]);
      const [second] = await tx.query<{ id: string | null; began: Date }>(transactionId);
      expect(first?.began.getTime()).toBeLessThanOrEqual(second?.began.getTime() ?? 0);
      expect(second?.id).not.toBeNull();
      await tx.rollback();
    });
  });

  test('sees what the call has written, and a call that has written nothing commits nothing', async () => {
    const before = await database.transaction(acme(), named);
    await database.transaction(acme(), async (tx) => {
      expect(await named(tx)).toBe(before);
      await tx.execute(rename, [cast.acme.id]);
      expect(await named(tx)).toBe('mine');
      await tx.rollback();
    });
    expect(await database.transaction(acme(), named)).toBe(before);
  });

  test('is refused when it writes', async () => {
    await database.transaction(acme(), named);
    const attempt = database.transaction(acme(), (tx) => tx.execute(sneaky, [cast.acme.id]));
    await expect(attempt).rejects.toMatchObject({ code: '25006' });
  });
});

describe('rows', () => {
  test('are read as pg reads them, the first time and with a known shape', async () => {
    const id = cast.acme.id;
    const client = new Client({ connectionString: server.database.appUrl });
    await client.connect();
    const { rows: expected } = await client.query<object>(everyType.text, [id]);
    await client.end();
    for (let round = 0; round < 3; round += 1) {
      const rows = await database.transaction(read(), (tx) => tx.query(everyType, [id]));
      expect(rows).toEqual(expected.map((row) => ({ ...row, big: 2 })));
    }
  });

  test('of a statement whose result has changed are refused, and neither connection nor others suffer', async () => {
    const columns = statement('test.columns', 'select * from shape_test');
    const owner = server.database;
    await owner.query('create table shape_test (a integer)');
    await owner.query('grant select on shape_test to public');
    await owner.query('insert into shape_test values (1)');
    const look = () => database.transaction(read(), (tx) => tx.query(columns));
    expect(await look()).toEqual([{ a: 1 }]);
    await owner.query(`alter table shape_test add b text default 'b'`);
    await expect(look()).rejects.toMatchObject({ code: '0A000' });
    expect(await organizations(read({ orgId: cast.acme.id }))).toEqual([cast.acme.id]);
    await owner.query('alter table shape_test drop b');
    expect(await look()).toEqual([{ a: 1 }]);
    await owner.query('drop table shape_test');
  });

  test('are counted, with and without rows in the answer', async () => {
    await database.transaction({ orgId: cast.acme.id }, async (tx) => {
      const first = await tx.execute(rename, [cast.acme.id]);
      const second = await tx.execute(rename, [cast.acme.id]);
      expect([first.rowCount, second.rowCount, second.rows]).toEqual([4, 4, []]);
      await tx.rollback();
    });
  });
});
