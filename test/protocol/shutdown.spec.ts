import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Code, createClient, type Client } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { EchoService } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer, until } from './support/echo-server.js';
import { failure } from './support/failure.js';
import { GrpcJsClient } from './support/grpc-js.js';
import { rawSocket, readToEnd, readUntil } from './support/raw.js';

const LONG_GRACE = 60_000;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let echo: EchoServer;
beforeEach(async () => {
  echo = await new EchoServer().start();
});
afterEach(() => echo.stop());

describe('during the grace period', () => {
  test('new connections are refused', async () => {
    await echo.server.close(LONG_GRACE);
    await expect(rawSocket(echo.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('idle connections of every kind are closed at once', async () => {
    const silent = await rawSocket(echo.port);
    const idle = await rawSocket(echo.port);
    idle.write(GET);
    await readUntil(idle, '\r\n\r\n');
    const session = connectHttp2(echo.url);
    await once(session, 'remoteSettings');
    const goaway = once(session, 'goaway');
    await echo.server.close(LONG_GRACE);
    await Promise.all([goaway, readToEnd(silent), readToEnd(idle)]);
  });

  test.each<[string, (url: string) => Client<typeof EchoService>]>([
    [
      'HTTP/1.1',
      (baseUrl) => createClient(EchoService, createConnectTransport({ baseUrl, httpVersion: '1.1' })),
    ],
    ['HTTP/2', (baseUrl) => createClient(EchoService, createGrpcTransport({ baseUrl }))],
  ])('a call in flight over %s is finished', async (_name, connect) => {
    const call = connect(echo.url).sleep({ milliseconds: 200 });
    await until(() => echo.calls.length === 1);
    const closed = echo.server.close(LONG_GRACE);
    await expect(call).resolves.toBeDefined();
    await closed;
    expect(echo.ended).toBe(1);
  });

  test('an HTTP/2 connection takes no further calls', async () => {
    const session = connectHttp2(echo.url);
    const stream = sleep(session, 1_000);
    await until(() => echo.calls.length === 1);
    const closed = echo.server.close(LONG_GRACE);
    await once(session, 'goaway');
    const [error] = await once(session.request({ ':path': '/' }), 'error');
    expect(error).toMatchObject({ code: 'ERR_HTTP2_GOAWAY_SESSION' });
    await once(stream, 'close');
    await closed;
  });

  test('health turns to NOT_SERVING and watchers are let go', async () => {
    const client = new GrpcJsClient(echo.port, 'grpc/health/v1/health.proto', 'grpc.health.v1.Health');
    const stream = client.serverStream('Watch', { service: '' });
    const seen: unknown[] = [];
    stream.on('data', (message) => seen.push(message.status));
    const end = once(stream, 'error');
    await until(() => seen.length === 1);
    await echo.server.close(LONG_GRACE);
    const [error] = await end;
    expect(seen).toEqual(['SERVING', 'NOT_SERVING']);
    expect(error).toMatchObject({ details: 'server is shutting down' });
    client.close();
  });
});

describe('after the grace period', () => {
  test('a call in flight is aborted, told so, and its connection closed', async () => {
    const client = createClient(EchoService, createGrpcTransport({ baseUrl: echo.url }));
    const call = failure(client.sleep({ milliseconds: 60_000 }));
    await until(() => echo.calls.length === 1);
    await echo.server.close(10);
    expect(await call).toMatchObject({ code: Code.Unavailable, rawMessage: 'server is shutting down' });
    expect(echo.lastCall.signal.aborted).toBe(true);
    expect(echo.ended).toBe(1);
  });

  test('a client that does not read cannot hold the server', async () => {
    const session = connectHttp2(echo.url, { settings: { initialWindowSize: 1 } });
    session.on('error', () => undefined);
    const headers = { ':method': 'POST', 'content-type': 'application/connect+json' };
    const stream = session.request({ ...headers, ':path': '/dovecote.test.v1.EchoService/Count' });
    stream.on('error', () => undefined);
    const body = Buffer.from(
      JSON.stringify({ to: 100_000, payload: Buffer.alloc(10_000).toString('base64') }),
    );
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, body.length >> 8, body.length & 255]), body]));
    await until(() => echo.calls.length === 1);
    const gone = once(session, 'close');
    await echo.server.close(10);
    await gone;
    await until(() => echo.ended === 1);
  });
});

function sleep(session: ClientHttp2Session, milliseconds: number) {
  const headers = { ':method': 'POST', 'content-type': 'application/json' };
  const stream = session.request({ ...headers, ':path': '/dovecote.test.v1.EchoService/Sleep' });
  stream.end(JSON.stringify({ milliseconds }));
  stream.resume();
  return stream;
}
