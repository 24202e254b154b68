import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { UsageRecorder } from '../../src/platform/caller/usage-recorder.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let usage: UsageRecorder;
let at: Date;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  usage = s.server.app.get(UsageRecorder, { strict: false });
  // From now on it writes only when a test tells it to.
  await usage.beforeApplicationShutdown();
});
beforeEach(() => {
  at = new Date(Date.now() + 3_600_000);
});
afterAll(() => s.stop());

async function lastUse(table: 'api_key' | 'session', id: string): Promise<Date | undefined> {
  const [row] = await s.database.query<{ at: Date }>(
    `select last_used_at as at from ${table} where id = $1`,
    [id],
  );
  return row?.at;
}

test('what cannot be written now is written next time, and holds up nothing else', async () => {
  const [key, session] = [cast.kiosk.userId, cast.erin.sessionId];
  usage.apiKeyUsed(cast.acme.id, key, at);
  usage.sessionUsed(session, at);
  await s.database.query('alter table api_key rename to api_key_away');
  try {
    await usage.flush();
  } finally {
    await s.database.query('alter table api_key_away rename to api_key');
  }
  expect(await lastUse('session', session)).toEqual(at);
  expect(await lastUse('api_key', key)).toBeNull();
  await usage.flush();
  expect(await lastUse('api_key', key)).toEqual(at);
});

test('rows are locked in the order of their ids, so that two processes do not lock each other out', async () => {
  const [first = '', second = ''] = [cast.alice.sessionId, cast.max.sessionId].sort();
  const other = new Client({ connectionString: s.database.ownerUrl });
  await other.connect();
  try {
    await other.query('begin');
    await other.query('select from session where id = $1 for update', [first]);
    for (const id of [second, first]) usage.sessionUsed(id, at);
    const flushed = usage.flush();
    await eventually('the flush waits', async () => {
      const waiting = await s.database.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return waiting.length > 0;
    });
    await other.query('select from session where id = $1 for update nowait', [second]);
    await other.query('commit');
    await flushed;
  } finally {
    await other.end();
  }
  expect([await lastUse('session', first), await lastUse('session', second)]).toEqual([at, at]);
});
