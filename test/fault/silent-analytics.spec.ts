import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { startTestServer } from '../support/test-server.js';

/** Above the two seconds that a look at the store may take, and far below the half minute of a question to it. */
const WITHOUT_WAITING_MS = 10_000;

test('a host that takes connections and says nothing holds up neither /health nor the end of the server', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const s = await startTestServer({ env: { CLICKHOUSE_URL: `http://127.0.0.1:${port}/none` } });
  const health = await fetch(`${s.url}/health/ready`, { signal: AbortSignal.timeout(WITHOUT_WAITING_MS) });
  expect(await health.json()).toMatchObject({ status: 'degraded', analytics: 'unavailable' });
  expect(sockets).not.toEqual([]);
  const before = performance.now();
  await s.stop();
  expect(performance.now() - before).toBeLessThan(WITHOUT_WAITING_MS);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
