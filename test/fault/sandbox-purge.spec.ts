import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { Client } from 'pg';
import { addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { deletionsOf, requestedEarlier, sweep } from '../support/organization-deletion.js';
import { remains, tablesHolding, untilGone } from '../support/sandboxes.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { plantRows, tenantTables } from '../tenancy/tenant-tables.js';
import { WorkerProcesses } from './worker-process.js';

const HOUR_MS = 3600 * 1000;
const DELIVERIES = 4_500;
/** Rows that one transaction may delete: see PIECE in sandbox.service.ts. */
const PIECE = 1_000;
const PATIENCE_MS = 60_000;

jest.setTimeout(120_000);

let s: TestServer;
let cast: Cast;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  await plantRows(s.database, await tenantTables(s.database), cast.other.id, 'other');
  await addDeliveries(cast.other.id);
  await recordPieces();
});
afterEach(() => workers.killAll());
afterAll(() => s?.stop());

/** References are not looked at: the purge does not follow them either. */
async function addDeliveries(orgId: string): Promise<void> {
  await s.database.query('set session_replication_role = replica');
  await s.database.query(
    `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, created_at, changed_at)
     select $1, gen_random_uuid(), gen_random_uuid(), 'send', gen_random_uuid(), 1, 1, now(), now()
       from generate_series(1, $2::int)`,
    [orgId, DELIVERIES],
  );
  await s.database.query('set session_replication_role = origin');
}

/** How many deliveries each transaction deleted; of one that did not commit nothing is left. */
async function recordPieces(): Promise<void> {
  await s.database.query('create table piece (transaction bigint, organization_id uuid, rows int)');
  await s.database.query(
    `create function record_piece() returns trigger language plpgsql as $$
     begin
       insert into piece select txid_current(), org_id, count(*) from gone group by org_id;
       return null;
     end $$`,
  );
  await s.database.query(
    `create trigger record_piece after delete on delivery referencing old table as gone
       for each statement execute function record_piece()`,
  );
}

async function pieces(orgId: string): Promise<number[]> {
  const rows = await s.database.query<{ rows: number }>(
    'select sum(rows)::int as rows from piece where organization_id = $1 group by transaction',
    [orgId],
  );
  return rows.map(({ rows }) => rows);
}

async function deliveries(orgId: string): Promise<number> {
  const rows = await s.database.query('select from delivery where org_id = $1', [orgId]);
  return rows.length;
}

/** Every row of everybody else. */
/** Workers send these rows of every organization to the analytics store; planted events become dead letters. */
const sentToAnalytics = new Set([
  'analytics_version',
  'ingest_batch',
  'ingest_dead_letter',
  'profile',
  'profile_alias',
]);

/** A worker counts the usage of every organization. */
const counted = new Set(['usage_count', 'usage_refusal', 'usage_day', 'usage_warning', 'analytics_version']);

async function othersRows(orgId: string): Promise<Record<string, string>> {
  const counts: Record<string, string> = {};
  for (const { name, tenantColumn } of await tenantTables(s.database)) {
    if (sentToAnalytics.has(name) || counted.has(name)) continue;
    const [row] = await s.database.query<{ sum: string }>(
      `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as sum
         from ${name} t where ${tenantColumn} <> $1`,
      [orgId],
    );
    counts[name] = row?.sum ?? '';
  }
  return counts;
}

/** A sandbox with a row in every table and thousands of deliveries, whose purge waits for a worker. */
async function deletedSandbox(): Promise<string> {
  const client = cast.alice.client(OrganizationService);
  const { organization } = await client.createSandboxOrganization({
    name: 'Big',
    fixtureId: 'fintech',
    expiresAt: timestampFromDate(new Date(Date.now() + HOUR_MS)),
  });
  const id = organization?.id ?? '';
  await plantRows(s.database, await tenantTables(s.database), id, `planted-${randomUUID()}`);
  await addDeliveries(id);
  await client.deleteSandboxOrganization({ orgId: id });
  return id;
}

const obstruction = 'obstruction of a purge';

/** Nobody gets past this delivery until it is let go: a worker is sure to be in the middle of a piece. */
async function obstruct(orgId: string, position: number): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: s.database.ownerUrl, application_name: obstruction });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  await holder.query(
    `select from delivery where org_id = $1 and id =
       (select id from delivery where org_id = $1 order by ctid offset $2 limit 1) for update`,
    [orgId, position],
  );
  return () => holder.end();
}

/** That many sessions of the server wait for a lock, and one of them for the delivery that is held. */
async function waiting(count: number, declareDead = () => workers.declareSilentDead()): Promise<void> {
  const check = async (): Promise<boolean> => {
    await declareDead();
    const rows = await s.database.query<{ isHeld: boolean }>(
      `select exists (select from pg_stat_activity h
                       where h.application_name = $1 and h.pid = any (pg_blocking_pids(a.pid))) as "isHeld"
         from pg_stat_activity a where usename = 'dovecote_app' and datname = current_database()
          and state = 'active' and wait_event_type = 'Lock'`,
      [obstruction],
    );
    return rows.length >= count && rows.some(({ isHeld }) => isHeld);
  };
  await eventually(`${count} of the workers wait`, check, PATIENCE_MS);
}

async function expectGone(orgId: string): Promise<void> {
  await untilGone(s.database, orgId);
  expect(await tablesHolding(s.database, orgId)).toEqual([]);
  expect(await remains(s.database, orgId)).toMatchObject({ purged_at: expect.any(Date) });
  const deleted = await pieces(orgId);
  expect(deleted.length).toBeGreaterThan(Math.floor(DELIVERIES / PIECE));
  expect(Math.max(...deleted)).toBeLessThanOrEqual(PIECE);
  expect(deleted.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(DELIVERIES);
}

describe('the purge of a sandbox', () => {
  test('goes on where killed workers left it, piece by piece, and touches nobody else', async () => {
    const id = await deletedSandbox();
    const others = await othersRows(id);
    const all = await deliveries(id);
    const left: number[] = [];
    for (const position of [1_500, 2_500]) {
      const release = await obstruct(id, position);
      const worker = workers.start();
      await waiting(1);
      const before = await deliveries(id);
      await worker.kill();
      await release();
      await workers.declareDead();
      // Of the piece in hand nothing is gone: it had not been committed. What came before it was.
      await eventually('the connections of the killed worker are closed', async () => {
        const rows = await s.database.query(
          `select from pg_stat_activity where application_name = 'dovecote worker' and datname = current_database()`,
        );
        return rows.length === 0;
      });
      expect(await deliveries(id)).toBe(before);
      left.push(before);
    }
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(left[0]).toBeLessThan(all);
    workers.start();
    await expectGone(id);
    expect(await othersRows(id)).toEqual(others);
  });

  test('of an organization at the request of its super admin continues in the same way', async () => {
    const organization = await addOrganization(s, 'Doomed');
    const { id } = organization;
    const email = `sam-${randomUUID()}@doomed.example`;
    const sam = await addMember(s, organization, { email, role: 'super_admin' });
    await plantRows(s.database, await tenantTables(s.database), id, `planted-${randomUUID()}`);
    await addDeliveries(id);
    await deletionsOf(sam).deleteOrganization({ confirmationName: 'Doomed' });
    await requestedEarlier(s.database, id, 8);
    await sweep(s.database);
    const others = await othersRows(id);
    const all = await deliveries(id);
    const release = await obstruct(id, 2_500);
    const worker = workers.start();
    await waiting(1);
    const before = await deliveries(id);
    expect(before).toBeLessThan(all);
    await worker.kill();
    await release();
    await workers.declareDead();
    workers.start();
    await untilGone(s.database, id);
    expect(await tablesHolding(s.database, id)).toEqual([]);
    expect(Math.max(...(await pieces(id)))).toBeLessThanOrEqual(PIECE);
    expect(await othersRows(id)).toEqual(others);
    await eventually('the last mail', async () =>
      (await mailsTo(s, email)).some((body) => body.includes('have been deleted')),
    );
  });

  test('by two at once, of whom one was taken for dead, is as if it were by one', async () => {
    const id = await deletedSandbox();
    const others = await othersRows(id);
    const release = await obstruct(id, 1_500);
    workers.start();
    workers.start();
    await waiting(1);
    // It lives and holds the organization; its heart beats on, so it is declared dead until somebody believes it.
    await waiting(2, () => workers.declareDead());
    await release();
    await expectGone(id);
    expect(await othersRows(id)).toEqual(others);
    expect(workers.running).toHaveLength(2);
  });
});
