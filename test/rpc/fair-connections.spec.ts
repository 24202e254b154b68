import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { RevocationFeed } from '../../src/platform/caller/revocation-feed.js';
import { UsageRecorder } from '../../src/platform/caller/usage-recorder.js';
import { DatabaseClock } from '../../src/platform/clock/database-clock.js';
import { Database } from '../../src/platform/database/index.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let database: Database;

beforeAll(async () => {
  // One connection, so that the order of the answers is the order of the turns; no worker beside the calls.
  s = await startTestServer({ env: { DATABASE_POOL_SIZE: '1', ROLE: 'api' } });
  cast = await seedCast(s);
  database = s.server.app.get(Database);
  // They ask for a connection every few seconds, and would be among the calls that wait.
  await s.server.app.get(UsageRecorder, { strict: false }).beforeApplicationShutdown();
  s.server.app.get(DatabaseClock, { strict: false }).onApplicationShutdown();
});
afterAll(() => s?.stop());

const roles = (who: Actor) => who.client(RoleService);

const untilWaiting = (number: number) =>
  eventually(`${number} calls wait`, () => Promise.resolve(database.pool.waiting.call === number));

test('an organization waits for one call of its neighbour, however many that one has made', async () => {
  const feed = s.server.app.get(RevocationFeed, { strict: false });
  await eventually('credentials are remembered', async () => feed.heard);
  // Credentials are known from here on: what follows asks for nothing but roles.
  for (const who of [cast.alice, cast.mallory]) await roles(who).listRoles({});
  const blocking = await database.begin({ orgId: cast.acme.id });
  const answered: string[] = [];
  const note = (name: string) => (): unknown => answered.push(name);
  const loud = Array.from({ length: 20 }, () => roles(cast.alice).listRoles({}).then(note('loud')));
  await untilWaiting(20);
  const quiet = roles(cast.mallory).listRoles({}).then(note('quiet'));
  await untilWaiting(21);
  await blocking.rollback();
  await Promise.all([...loud, quiet]);
  expect(answered.indexOf('quiet')).toBeLessThanOrEqual(2);
  expect(database.pool.waiting).toEqual({ call: 0, job: 0 });
});

test('a client that goes away gives up its place, and no connection is lost', async () => {
  const blocking = await database.begin({ orgId: cast.acme.id });
  const controller = new AbortController();
  const abandoned = roles(cast.alice).listRoles({}, { signal: controller.signal });
  await untilWaiting(1);
  controller.abort();
  await expect(abandoned).rejects.toThrow();
  await untilWaiting(0);
  await blocking.rollback();
  expect((await roles(cast.alice).listRoles({})).roles).not.toEqual([]);
  expect(database.pool.inUse).toBe(0);
});
