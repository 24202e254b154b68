import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { EchoService } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer } from './support/echo-server.js';
import { rawSocket, readToEnd } from './support/raw.js';

// Longer than a busy machine takes to send and answer a ping.
const IDLE_MS = 500;
const echo = new EchoServer({ limits: { connectionIdleMs: IDLE_MS } });
beforeAll(() => echo.start());
afterAll(() => echo.stop());

test('an idle connection is closed, over HTTP/2 with a GOAWAY', async () => {
  const session = connectHttp2(echo.url);
  await Promise.all([once(session, 'goaway'), once(session, 'close')]);
});

test('a connection whose client pings it is not idle', async () => {
  const session = connectHttp2(echo.url);
  await once(session, 'connect');
  const ping = (): Promise<boolean> => new Promise((resolve) => session.ping((error) => resolve(!error)));
  const begin = performance.now();
  while (performance.now() - begin < 3 * IDLE_MS) expect(await ping()).toBe(true);
  expect(session.closed).toBe(false);
  await once(session, 'close');
});

test('an idle connection is closed, over HTTP/1.1 after its answer', async () => {
  const socket = await rawSocket(echo.port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await readToEnd(socket)).toContain('HTTP/1.1 404');
});

test.each(['1.1', '2'] as const)(
  'a call that is quiet for longer is not cut, over HTTP/%s',
  async (httpVersion) => {
    const client = createClient(EchoService, createConnectTransport({ baseUrl: echo.url, httpVersion }));
    await expect(client.sleep({ milliseconds: 3 * IDLE_MS })).resolves.toBeDefined();
  },
);
