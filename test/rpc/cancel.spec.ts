import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let holder: Client;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  holder = new Client({ connectionString: s.database.ownerUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from role where org_id = $1 for update', [cast.acme.id]);
});

afterAll(async () => {
  await holder?.end();
  await s?.stop();
});

const waiting = { name: 'test.waiting', text: 'select from role where org_id = $1 for update' };

test('a statement that would wait for ever ends with its call, also when the call ends as it begins', async () => {
  for (let turns = 0; turns < 60; turns++) {
    const call = new AbortController();
    const settings = { orgId: cast.acme.id, signal: call.signal };
    const tx = await s.server.app.get(Database).begin(settings);
    const statement = tx.execute(waiting, [cast.acme.id]);
    for (let passed = 0; passed < turns % 6; passed++) await turn();
    call.abort();
    // The code of a statement that was cancelled.
    await expect(statement).rejects.toMatchObject({ code: '57014' });
    await tx.rollback();
  }
});
