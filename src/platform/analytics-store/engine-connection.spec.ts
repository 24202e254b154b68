import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAnalytics, type TestAnalytics } from '../../../test/support/analytics-store.js';
import { eventually } from '../../../test/support/eventually.js';
import { addressOf, connectTo, type EngineConnection } from './engine-connection.js';

let analytics: TestAnalytics;
let connection: EngineConnection;

beforeAll(async () => {
  analytics = await createAnalytics();
  connection = await connectTo(addressOf({ url: analytics.url }), { connections: 1, timeoutMs: 60_000 });
});
afterAll(async () => {
  await connection?.client.close();
  await analytics?.drop();
});

async function run(query: string, signal?: AbortSignal): Promise<unknown[]> {
  const answer = await connection.client.query({ query, format: 'JSONEachRow', abort_signal: signal });
  return answer.json();
}

async function isRunning(query: string): Promise<boolean> {
  const running = `SELECT 1 FROM system.processes WHERE query LIKE '${query}%'`;
  const answer = await analytics.client.query({ query: running, format: 'JSONEachRow' });
  return (await answer.json()).length > 0;
}

test('a statement is not broken off because another one was given up while it waited for the connection', async () => {
  const first = run('SELECT sleep(2)');
  await eventually('it has the connection', () => isRunning('SELECT sleep(2)'));
  const givenUp = new AbortController();
  const waiting = expect(run('SELECT 2', givenUp.signal)).rejects.toThrow('aborted');
  givenUp.abort();
  await waiting;
  await first;
  // On the same connection, for longer than an idle one is kept.
  expect(await run('SELECT sleep(2.9) AS slept')).toEqual([{ slept: 0 }]);
});

test('an idle connection is closed, and the next statement has another one', async () => {
  const server = createServer((_, response) => response.end('{"n":1}\n'));
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const address = addressOf({ url: `http://127.0.0.1:${port}` });
  const { client } = await connectTo(address, { connections: 1, timeoutMs: 60_000 });
  const connections = (): Promise<number> => promisify(server.getConnections.bind(server))();
  const ask = async (): Promise<unknown> =>
    (await client.query({ query: 'SELECT 1 AS n', format: 'JSONEachRow' })).json();
  try {
    for (let turn = 0; turn < 2; turn++) {
      expect(await ask()).toEqual([{ n: 1 }]);
      expect(await ask()).toEqual([{ n: 1 }]);
      expect(await connections()).toBe(1);
      await eventually('it is closed', async () => (await connections()) === 0);
    }
  } finally {
    await client.close();
    server.close();
  }
});
