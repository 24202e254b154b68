import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { tablesHolding } from '../support/sandboxes.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { Attacker, insufficientPrivilege, type Outcome } from './attacker.js';
import { plantRows, tenantTables } from './tenant-tables.js';

const checkViolation = '23514';

let database: TestDatabase;
let attacker: Attacker;
/** An ordinary organization with a row in every table. */
let acme: string;
/** A sandbox that lives, with a row in every table. */
let sandbox: string;

beforeAll(async () => {
  database = await cloneDatabase();
  acme = await organization(1);
  sandbox = await organization(2);
  await database.query(`${record} values ($1, gen_random_uuid(), now(), now() + interval '1 day')`, [
    sandbox,
  ]);
  attacker = await Attacker.connect(database);
});
afterAll(async () => {
  await attacker?.end();
  await database?.drop();
});

async function organization(type: number): Promise<string> {
  const id = uuid();
  await database.query(`insert into organization (id, name, org_type) values ($1, 'Name', $2)`, [id, type]);
  await plantRows(database, await tenantTables(database), id, 'planted');
  return id;
}

const record = 'insert into sandbox (organization_id, created_by, created_at, expires_at)';

const deletion = {
  deletion_id: 'gen_random_uuid()',
  deletion_reason: `'requested'`,
  deletion_actor_kind: `'person'`,
  deletion_actor_id: `'somebody'`,
  deletion_request_id: `'request'`,
  deletion_started_at: 'now()',
  expires_at: 'now()',
};

/** Puts a deletion on the record of a sandbox, as the server does it unless told otherwise. */
function deleteSandbox(id: string, different: Partial<typeof deletion> = {}): Promise<Outcome> {
  const set = Object.entries({ ...deletion, ...different }).map(([column, value]) => `${column} = ${value}`);
  return attacker.attempt(`update sandbox set ${set.join(', ')} where organization_id = $1`, [id]);
}

const purge = (): Promise<Outcome> =>
  attacker.attempt(
    'select purge_sandbox(100000, now()) as done, (select count(*)::int from organization) as left',
  );

describe('an organization that is no sandbox', () => {
  test.each([
    'update organization set org_type = 2',
    'update organization set org_type = 2, expires_at = now()',
    'update organization set id = gen_random_uuid()',
    'update organization set created_at = now()',
    'update organization set suspended_at = null, rate_limit_per_second = 1000000',
    `insert into organization (id, name, org_type) values ($1, 'Name', 2)
       on conflict (id) do update set org_type = excluded.org_type`,
    'merge into organization using (select) on id = $1 when matched then update set org_type = 2',
    'merge into organization using (select) on id = $1 when matched then delete',
    'delete from organization',
    `${record} values ($1, gen_random_uuid(), now(), now())`,
    'delete from sandbox',
    'update sandbox set organization_id = $1',
    'update sandbox set purged_at = now()',
    'select purge_sandbox(100000, now())',
    'create or replace function purge_sandbox(most integer, at timestamptz) returns boolean language sql return true',
    'alter function purge_sandbox(integer, timestamptz) reset all',
    'alter table sandbox disable row level security',
    'create policy loot on sandbox using (true)',
    'alter table organization drop constraint organization_expiry',
  ])('is neither made one nor deleted by: %s', async (sql) => {
    const values = sql.includes('$1') ? [acme] : [];
    const outcome = await attacker.asTenant(acme, () => attacker.attempt(sql, values));
    expect(outcome).toMatchObject({ refused: insufficientPrivilege });
  });

  test('does not end', async () => {
    const ending = 'update organization set expires_at = now()';
    const outcome = await attacker.asTenant(acme, () => attacker.attempt(ending));
    expect(outcome).toMatchObject({ refused: checkViolation });
  });

  test('is not purged either when somebody has put it on record as a sandbox', async () => {
    await database.query(`${record} values ($1, gen_random_uuid(), now(), now())`, [acme]);
    await attacker.asTenant(acme, async () => {
      expect(await deleteSandbox(acme)).toMatchObject({ count: 1 });
      expect(await purge()).toMatchObject({ refused: insufficientPrivilege });
    });
    await database.query('delete from sandbox where organization_id = $1', [acme]);
    expect(await tablesHolding(database, acme)).toHaveLength((await tenantTables(database)).length);
  });
});

describe('an organization whose deletion is requested', () => {
  const request = `insert into organization_deletion
    (organization_id, id, requested_by, request_id, requested_at, due_at, sealed_notice)`;
  const values = `values ($1, gen_random_uuid(), gen_random_uuid(), 'request', now() - interval '9 days',
    now() - interval '1 day', '')`;

  test.each([
    `insert into organization_deletion
       (organization_id, id, requested_by, request_id, requested_at, due_at, recorded_at)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'request', now(), now() + interval '7 days', now())`,
    `update organization_deletion set due_at = now() where organization_id = $1`,
    `update organization_deletion set purge_started_at = null where organization_id = $1`,
  ])('is not on record earlier than it was, by: %s', async (sql) => {
    const outcome = await attacker.asTenant(acme, () => attacker.attempt(sql, [acme]));
    expect(outcome).toMatchObject({ refused: insufficientPrivilege });
  });

  test('is not requested for another one, for a sandbox, or for less than a day', async () => {
    for (const [tenant, id] of [
      [sandbox, acme],
      ['', acme],
      [sandbox, sandbox],
    ] as const) {
      const outcome = await attacker.asTenant(tenant, () => attacker.attempt(`${request} ${values}`, [id]));
      expect(outcome).toMatchObject({ refused: insufficientPrivilege });
    }
    const hasty = `${request} values ($1, gen_random_uuid(), gen_random_uuid(), 'request', now(), now(), '')`;
    const outcome = await attacker.asTenant(acme, () => attacker.attempt(hasty, [acme]));
    expect(outcome).toMatchObject({ refused: checkViolation });
  });

  test('waits for a day whatever the record says, and another one does not cancel it', async () => {
    await attacker.asTenant(acme, async () => {
      expect(await attacker.attempt(`${request} ${values}`, [acme])).toMatchObject({ count: 1 });
      expect(await attacker.attempt('update organization set expires_at = now()', [])).toMatchObject({
        count: 1,
      });
      expect(await purge()).toMatchObject({ refused: insufficientPrivilege });
    });
    await database.query('delete from organization_deletion where organization_id = $1', [acme]);
    await database.query(
      `${request} values ($1, gen_random_uuid(), gen_random_uuid(), 'request', now(), now() + interval '7 days', '')`,
      [acme],
    );
    const cancelling = 'delete from organization_deletion';
    expect(await attacker.asTenant(sandbox, () => attacker.attempt(cancelling, []))).toMatchObject({
      count: 0,
    });
    await database.query(cancelling);
    expect(await tablesHolding(database, acme)).toHaveLength((await tenantTables(database)).length);
  });
});

describe('a sandbox', () => {
  test('is not deleted by another organization', async () => {
    expect(await attacker.asTenant(acme, () => deleteSandbox(sandbox))).toMatchObject({ count: 0 });
    expect(await attacker.asTenant(undefined, () => deleteSandbox(sandbox))).toMatchObject({ count: 0 });
  });

  test('is not purged without a deletion on record', async () => {
    expect(await attacker.asTenant(sandbox, purge)).toMatchObject({ refused: insufficientPrivilege });
  });

  test.each([
    { different: { deletion_id: 'null' }, refused: insufficientPrivilege },
    { different: { deletion_actor_id: 'null' }, refused: checkViolation },
    { different: { deletion_request_id: 'null' }, refused: checkViolation },
    { different: { deletion_reason: `'because'` }, refused: checkViolation },
    { different: { expires_at: `now() + interval '1 day'` }, refused: insufficientPrivilege },
  ])('is not deleted with half a record: $different', async ({ different, refused }) => {
    expect(await attacker.asTenant(sandbox, () => deleteSandbox(sandbox, different))).toMatchObject({
      refused,
    });
  });

  test('is deleted once, and then goes as a whole, alone', async () => {
    await attacker.asTenant(sandbox, async () => {
      expect(await deleteSandbox(sandbox)).toMatchObject({ count: 1 });
      expect(await deleteSandbox(sandbox)).toMatchObject({ count: 0 });
      expect(await purge()).toMatchObject({ rows: [{ done: true }] });
    });
    expect(await attacker.asTenant('', purge)).toMatchObject({ rows: [{ done: true, left: 0 }] });
    for (const id of [acme, sandbox])
      expect(await tablesHolding(database, id)).toHaveLength((await tenantTables(database)).length);
  });
});
