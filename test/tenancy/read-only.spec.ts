import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database, statement, type TransactionSettings } from '../../src/platform/database/index.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const whose = statement('test.whose', 'select distinct org_id as "orgId" from role');
const backend = statement('test.backend', 'select pg_backend_pid() as pid');
const readOnly = statement('test.read_only', `select current_setting('transaction_read_only') as "readOnly"`);
const rename = statement('test.rename', `update role set name = 'mine' where org_id = $1`);
const broken = statement('test.broken', 'select 1 / $1::integer');
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
