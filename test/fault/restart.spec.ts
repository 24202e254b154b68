import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import type { TestDatabase } from '../support/test-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { DyingPostgres } from './dying-postgres.js';
import { FanOut } from './fan-out.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(240_000);

const RECIPIENTS = 5_000;

let postgres: DyingPostgres;
let database: TestDatabase;
let s: TestServer;
let fanOut: FanOut;
const workers = new WorkerProcesses(() => database);

beforeAll(async () => {
  postgres = await DyingPostgres.start();
  ({ database } = postgres);
  s = await startTestServer({ database, env: { ROLE: 'api' } });
  fanOut = await FanOut.prepare(s, RECIPIENTS);
});
let load: Load | undefined;
afterEach(async () => {
  await load?.stop();
  load = undefined;
  await workers.killAll();
});
afterAll(async () => {
  await s?.stop();
  await postgres?.remove();
});

interface Load {
  /** Stops it, and returns the ids of the roles whose creation was acknowledged. */
  stop(): Promise<string[]>;
}

/** Creates roles without a pause; a call may fail only in a way that says "try again". */
function createRoles(): Load {
  const created: string[] = [];
  let running = true;
  const surprises: unknown[] = [];
  const create = async (client: number): Promise<void> => {
    const roles = fanOut.cast.alice.client(RoleService);
    for (let n = 0; running; n += 1) {
      try {
        const { role } = await roles.createRole({
          name: `Role ${client} ${n} ${Date.now()}`,
          permissions: [13],
        });
        created.push(role?.id ?? '');
      } catch (error) {
        const refusal = await refusalOf(Promise.reject(error));
        if (refusal.code !== Code.Unavailable) surprises.push(refusal);
      }
    }
  };
  const clients = Promise.all([create(1), create(2)]);
  return {
    async stop() {
      running = false;
      await clients;
      expect(internalErrors()).toEqual([]);
      expect(surprises).toEqual([]);
      return created;
    },
  };
}

/** Waits until more recipients have been reached, or all. */
async function progress(campaignId: string): Promise<void> {
  const before = await fanOut.deliveries(campaignId);
  const check = async (): Promise<boolean> => {
    await workers.declareSilentDead();
    await workers.hurry();
    const reached = await fanOut.deliveries(campaignId);
    return reached > before || reached === RECIPIENTS;
  };
  await eventually('the fan-out goes on', check, 60_000);
}

/** What the API took for a defect of its own. */
function internalErrors(): string[] {
  const causes = s.logLines().filter(({ reason }) => reason === 'INTERNAL');
  return [...new Set(causes.map(({ err }) => JSON.stringify(err).slice(0, 300)))];
}

async function expectStored(roleIds: readonly string[]): Promise<void> {
  const [stored] = await database.query(
    `select count(*)::int as roles,
            (select count(*)::int from audit_event where event_type = 'ROLE_CREATED' and entity_id::text = any ($1)) as audits
       from role where id::text = any ($1)`,
    [roleIds],
  );
  expect(stored).toEqual({ roles: roleIds.length, audits: roleIds.length });
}

test('PostgreSQL that stops dead and comes back loses nothing and doubles nothing', async () => {
  workers.start();
  workers.start();
  await workers.atWork();
  const campaignId = await fanOut.start();
  load = createRoles();
  for (let restart = 0; restart < 2; restart += 1) {
    await progress(campaignId);
    await postgres.stopImmediately();
  }
  await fanOut.completed(campaignId);
  const roleIds = await load.stop();
  await fanOut.expectEachOnce(campaignId);
  expect(roleIds.length).toBeGreaterThan(0);
  await expectStored(roleIds);
  // It went away for a moment: no reason to end.
  expect(workers.lastWords).toEqual([]);
});

test('connections that are cut all the time lose nothing and double nothing', async () => {
  workers.start();
  workers.start();
  await workers.atWork();
  const campaignId = await fanOut.start();
  load = createRoles();
  let cut = 0;
  while (cut <= 30) {
    const rows = await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where usename = 'dovecote_app' and datname = current_database() and random() < 0.1`,
    );
    cut += rows.length;
    // Before the next ones are cut it gets somewhere, however slow the machine is.
    await progress(campaignId);
  }
  await fanOut.completed(campaignId);
  const roleIds = await load.stop();
  await fanOut.expectEachOnce(campaignId);
  await expectStored(roleIds);
  expect(workers.lastWords).toEqual([]);
});
