import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { FanOut } from './fan-out.js';
import { HoldingPostgres } from './holding-postgres.js';
import { type Link, PostgresProxy } from './postgres-proxy.js';
import { WorkerProcesses } from './worker-process.js';

const RECIPIENTS = 300;
/** What the server allows a transaction in which nothing happens, and what a spec waits for: of one length in the message. */
const [ALLOWED_MS, WAITED_MS] = [`'120000'`, `'  3000'`];

jest.setTimeout(180_000);

let s: TestServer;
let impatient: PostgresProxy;
let holding: HoldingPostgres;
let fanOut: FanOut;
const workers = new WorkerProcesses(() => s.database);
let shortened = 0;

/** Shortens the time on its way to PostgreSQL. */
function shorten(process: Socket, postgres: Socket): Link {
  return {
    hear(chunk) {
      const text = chunk.toString('latin1');
      if (text.includes(ALLOWED_MS)) shortened += 1;
      postgres.write(Buffer.from(text.replaceAll(ALLOWED_MS, WAITED_MS), 'latin1'));
    },
    answer: (chunk) => void process.write(chunk),
  };
}

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  impatient = await PostgresProxy.start(() => s.database, shorten);
  holding = await HoldingPostgres.start(() => {
    const { DATABASE_URL: ownerUrl, DATABASE_APP_URL: appUrl } = impatient.env;
    return { ...s.database, ownerUrl, appUrl };
  });
  fanOut = await FanOut.prepare(s, RECIPIENTS);
});
afterAll(async () => {
  await workers.killAll();
  await holding?.stop();
  await impatient?.stop();
  await s?.stop();
});

describe('a worker that is suspended in the middle of a transaction', () => {
  test('keeps its campaign from the others for a limited time only', async () => {
    const suspended = workers.start(holding.env);
    await workers.atWork();
    const release = holding.hold({ name: 'campaign_run.add_done', at: 'sent' });
    const campaignId = await fanOut.start();
    await holding.holdsOne();
    suspended.freeze();
    release();
    workers.start();
    await workers.declareDead();
    await fanOut.completed(campaignId);
    expect(shortened).toBeGreaterThan(0);
    suspended.thaw();
    await fanOut.expectEachOnce(campaignId);
    await suspended.stop();
    await fanOut.expectEachOnce(campaignId);
  });
});
