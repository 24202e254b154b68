import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EchoServer } from './support/echo-server.js';
import { RawClient, type RawRequest } from './support/exchange.js';
import { envelope } from './support/raw.js';

/** Caches between us and a client keep a compressed answer apart from a plain one. */

const ECHO = '/dovecote.test.v1.EchoService/Echo';
const COUNT = '/dovecote.test.v1.EchoService/Count';
const long = JSON.stringify({ text: 'a'.repeat(2_000) });
const query = `encoding=json&message=${encodeURIComponent(long)}`;

const plain = new EchoServer();
const browsers = new EchoServer({ cors: { origins: ['https://console.example'] } });
const anywhere = new EchoServer({ cors: { origins: ['*'] } });
const general = new EchoServer({ unaryFastPath: false });
const servers = [plain, browsers, anywhere, general];
beforeAll(() => Promise.all(servers.map((server) => server.start())));
afterAll(() => Promise.all(servers.map((server) => server.stop())));

type Sent = Pick<RawRequest, 'method' | 'path' | 'body'> & { type: string };

const requests: [string, Sent][] = [
  ['a call', { method: 'POST', path: ECHO, type: 'application/json', body: Buffer.from(long) }],
  ['a small call', { method: 'POST', path: ECHO, type: 'application/json', body: Buffer.from('{}') }],
  ['one that fails', { method: 'POST', path: ECHO, type: 'application/json', body: Buffer.from('{') }],
  ['a parameter', { method: 'POST', path: ECHO, type: 'application/json;', body: Buffer.from(long) }],
  ['GET', { method: 'GET', path: `${ECHO}?${query}`, type: 'application/json', body: Buffer.alloc(0) }],
  ['gRPC', { method: 'POST', path: ECHO, type: 'application/grpc', body: envelope(Buffer.alloc(0)) }],
  ['gRPC-Web', { method: 'POST', path: ECHO, type: 'application/grpc-web', body: envelope(Buffer.alloc(0)) }],
  [
    'a stream',
    { method: 'POST', path: COUNT, type: 'application/connect+json', body: envelope(Buffer.from('{}')) },
  ],
];

describe.each([1, 2] as const)('over HTTP/%s.x', (version) => {
  test.each(requests)('%s', async (_what, { type, ...sent }) => {
    const varies = async ({ port }: EchoServer): Promise<unknown> => {
      const client = new RawClient(port);
      const headers = { 'content-type': type, 'accept-encoding': 'gzip', origin: 'https://console.example' };
      const { headers: answered } = await client.send({ version, ...sent, headers });
      client.close();
      return answered['vary'];
    };
    expect(await Promise.all(servers.map(varies))).toEqual([
      'Accept-Encoding',
      'Origin, Accept-Encoding',
      'Accept-Encoding',
      'Accept-Encoding',
    ]);
  });
});
