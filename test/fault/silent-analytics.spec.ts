import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { startTestServer } from '../support/test-server.js';

test('a host that takes connections and says nothing holds up neither /health nor the end of the server', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const s = await startTestServer({ env: { CLICKHOUSE_URL: `http://127.0.0.1:${port}/none` } });
  const health = await fetch(`${s.url}/health/ready`, { signal: AbortSignal.timeout(4_000) });
  expect(await health.json()).toMatchObject({ status: 'degraded', analytics: 'unavailable' });
  expect(sockets).not.toEqual([]);
  const before = performance.now();
  await s.stop();
  expect(performance.now() - before).toBeLessThan(4_000);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
