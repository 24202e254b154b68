import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { EchoService } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer } from './support/echo-server.js';
import { rawSocket, readToEnd } from './support/raw.js';

// Self-signed, for localhost, of no use anywhere else.
const cert = readFileSync(join(import.meta.dirname, 'support/tls/cert.pem'));
const key = readFileSync(join(import.meta.dirname, 'support/tls/key.pem'));

const echo = new EchoServer({ tls: { cert, key }, limits: { peekTimeoutMs: 2_000 } });
let baseUrl: string;
beforeAll(async () => {
  await echo.start();
  baseUrl = `https://localhost:${echo.port}`;
});
afterAll(() => echo.stop());

test('plaintext is refused', async () => {
  const socket = await rawSocket(echo.port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await readToEnd(socket)).not.toContain('HTTP/1.1 200');
});

test.each([
  [['h2', 'http/1.1'], 'h2'],
  [['http/1.1'], 'http/1.1'],
])('offered %j, ALPN chooses %s', async (ALPNProtocols, chosen) => {
  const socket = connectTls({
    port: echo.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: cert,
    ALPNProtocols,
  });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  expect(socket.alpnProtocol).toBe(chosen);
  socket.destroy();
});

test.each([
  ['gRPC over HTTP/2', () => createGrpcTransport({ baseUrl, nodeOptions: { ca: cert } })],
  [
    'Connect over HTTP/1.1',
    () => createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { ca: cert } }),
  ],
])('serves %s', async (_name, transport) => {
  const client = createClient(EchoService, transport());
  expect((await client.echo({ text: 'secret' })).text).toBe('secret');
});

test('calls that follow each other on one connection are served while large answers wait to be read', async () => {
  const socket = connectTls({ port: echo.port, host: '127.0.0.1', servername: 'localhost', ca: cert });
  await once(socket, 'secureConnect');
  const calls = 100;
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });
  for (let call = 1; call <= calls; call += 1)
    socket.write(
      [
        `POST /${EchoService.typeName}/Echo HTTP/1.1`,
        'Host: localhost',
        'Content-Type: application/json',
        ...(call === calls ? ['Connection: close'] : []),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    );
  const received = await readToEnd(socket);
  expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(calls);
  expect(received.match(/x{200000}"/g)).toHaveLength(calls);
});
