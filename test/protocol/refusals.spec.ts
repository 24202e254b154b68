import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { EchoServer } from './support/echo-server.js';
import { envelope } from './support/raw.js';
import { heldBytes, RefusedClient, type Refused } from './support/refusals.js';

const SERVICE = '/dovecote.test.v1.EchoService';
const MESSAGE_LIMIT = 16 * 1024;
/** More than a connection has slots. */
const REFUSALS = 300;
/** A leak would hold more: each refusal that is not freed keeps up to a stream's window. */
const ROOM = 16 * 1024 * 1024;

const limits = { requestBytes: MESSAGE_LIMIT, requestIdleMs: 100, requestRestMs: 100 };
const plain = {
  fallback: (_request: unknown, response: { end(text: string): void }) => response.end('plain'),
};
const fast = new EchoServer({ limits, ...plain });
const general = new EchoServer({ limits, ...plain, unaryFastPath: false });
beforeAll(() => Promise.all([fast, general].map((server) => server.start())));
afterAll(() => Promise.all([fast, general].map((server) => server.stop())));

const large = new Uint8Array(200_000).fill(0x61);
const bomb = gzipSync(new Uint8Array(10_000_000));

interface Protocol {
  readonly name: string;
  readonly type: string;
  readonly encoding: string;
  readonly timeout: Record<string, string>;
  readonly path: string;
  readonly framed: boolean;
}

const grpc = {
  encoding: 'grpc-encoding',
  timeout: { 'grpc-timeout': '50m' },
  path: `${SERVICE}/Echo`,
  framed: true,
};
const connect = { timeout: { 'connect-timeout-ms': '50' } };
const protocols: Protocol[] = [
  {
    name: 'Connect JSON',
    type: 'application/json',
    encoding: 'content-encoding',
    path: `${SERVICE}/Echo`,
    framed: false,
    ...connect,
  },
  {
    name: 'Connect binary',
    type: 'application/proto',
    encoding: 'content-encoding',
    path: `${SERVICE}/Echo`,
    framed: false,
    ...connect,
  },
  {
    name: 'Connect streams',
    type: 'application/connect+proto',
    encoding: 'connect-content-encoding',
    path: `${SERVICE}/Count`,
    framed: true,
    ...connect,
  },
  { name: 'gRPC', type: 'application/grpc', ...grpc },
  { name: 'gRPC-Web', type: 'application/grpc-web+proto', ...grpc },
  { name: 'gRPC-Web text', type: 'application/grpc-web-text', ...grpc },
];

/** Every way in which a request is refused; `is` says how it differs from a good one. */
function refusals({ type, encoding, timeout, path, framed }: Protocol): Record<string, Refused> {
  const send = (body: Uint8Array, more: Record<string, string> = {}, flags = 0): Refused => ({
    headers: { ':path': path, 'content-type': type, ...more },
    body: framed ? envelope(body, flags) : body,
  });
  const announced = { 'content-length': String(large.length + (framed ? 5 : 0)) };
  const start = large.subarray(0, 100);
  return {
    'over the limit': send(large),
    'announced as over the limit': send(large, announced),
    'over the limit once inflated': send(bomb, { [encoding]: 'gzip' }, 1),
    'no gzip': send(large.subarray(0, 10_000), { [encoding]: 'gzip' }, 1),
    'compressed in an unknown way': send(large, { [encoding]: 'zebra' }),
    'of an unknown content type': send(large, { 'content-type': 'text/plain' }),
    'no message': send(large.subarray(0, 10_000)),
    'for a method that nobody knows': send(large, { ':path': `${SERVICE}/Nothing` }),
    'with a timeout that is none': send(large, { 'connect-timeout-ms': 'soon', 'grpc-timeout': 'soon' }),
    'with a verb that nobody takes': send(large, { ':method': 'PUT' }),
    'over its deadline before it is whole': { ...send(start, timeout), stalls: true },
    stalled: { ...send(start), stalls: true },
    'left by its client': { ...send(start), leaves: true },
    'a plain one that nobody reads': send(large, { ':path': '/plain' }),
  };
}

describe.each([
  ['served directly', () => fast],
  ["left to Connect's handlers", () => general],
])('over HTTP/2, %s:', (_how, server) => {
  test.each(protocols)(
    '$name: no refusal keeps a stream or its bytes',
    async (protocol) => {
      const client = new RefusedClient(server().url);
      const kinds = Object.entries(refusals(protocol));
      let before = 0;
      for (const [kind, request] of kinds) {
        await Promise.all(
          Array.from({ length: Math.ceil(REFUSALS / kinds.length) }, () => client.refuse(request)),
        );
        await eventually(
          `no stream is left of a request ${kind}`,
          async () => server().server.openStreams === 0,
        );
        client.forget();
        before ||= heldBytes();
      }
      await eventually('the bytes are gone', async () => heldBytes() - before < ROOM);
      const headers = { ':path': `${SERVICE}/Echo`, 'content-type': 'application/json' };
      expect(await client.status(headers, '{}')).toBe(200);
      client.close();
    },
    30_000,
  );
});
