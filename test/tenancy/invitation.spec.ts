import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';

const insufficientPrivilege = '42501';

let database: TestDatabase;
/** A connection of the app role that speaks for the invited person. */
let guest: Client;
let [acme, own, memberId, identityId] = ['', '', '', ''];

beforeAll(async () => {
  database = await cloneDatabase();
  guest = new Client({ connectionString: database.appUrl });
  await guest.connect();
});
afterAll(async () => {
  await guest?.end();
  await database?.drop();
});
beforeEach(async () => {
  [acme, own, memberId, identityId] = [uuid(), uuid(), uuid(), uuid()];
  for (const orgId of [acme, own]) {
    await database.query(`insert into organization (id, name) values ($1, 'x')`, [orgId]);
    await database.query(
      `insert into role (org_id, id, slug, name, name_key, permissions) values ($1, $1, 'any', 'Any', 'any', '{}')`,
      [orgId],
    );
  }
  const email = `${identityId}@acme.example`;
  await database.query('insert into identity (id, email) values ($1, $2)', [identityId, email]);
  await database.query(
    'insert into member (org_id, id, identity_id, email, status, role_id) values ($1, $2, $3, $4, 1, $1)',
    [acme, memberId, identityId, email],
  );
});

/** Accepts the invitation and changes something else with it; then whatever happened is undone. */
async function accept(change: string, orgId = ''): Promise<number | null> {
  await guest.query('begin');
  try {
    await guest.query(`select set_config('app.identity_id', $1, true), set_config('app.org_id', $2, true)`, [
      identityId,
      orgId,
    ]);
    const { rowCount } = await guest.query(`update member set status = 2, ${change} where id = $1`, [
      memberId,
    ]);
    return rowCount;
  } finally {
    await guest.query('rollback');
  }
}

describe('an invited person', () => {
  test.each([
    'role_id = gen_random_uuid()',
    `email = 'else@else.example'`,
    `profile = '{"title": "CEO"}'`,
    `created_at = now()`,
  ])('does not accept on terms of their own: %s', async (change) => {
    await expect(accept(change)).rejects.toMatchObject({ code: insufficientPrivilege });
  });

  test('does not carry the invitation over to another organization', async () => {
    await expect(accept(`org_id = '${own}', role_id = '${own}'`, own)).rejects.toMatchObject({
      code: insufficientPrivilege,
    });
  });

  test('accepts it as it stands', async () => {
    expect(await accept('joined_at = now(), updated_at = now()')).toBe(1);
    expect(await accept('joined_at = now(), updated_at = now()', own)).toBe(1);
  });
});
