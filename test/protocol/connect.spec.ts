import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, createClient, type Client, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  compressionGzip,
} from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import { EchoService } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { EchoServer, until } from './support/echo-server.js';
import { failure } from './support/failure.js';

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

const gzip = {
  acceptCompression: [compressionGzip],
  sendCompression: compressionGzip,
  compressMinBytes: 100,
};

interface Row {
  name: string;
  protocol: 'connect' | 'grpc' | 'grpc-web';
  transport: (baseUrl: string, options?: object) => Transport;
  /** The transport can be told to compress. */
  gzip?: boolean;
}

const rows: Row[] = [
  {
    name: 'Connect JSON, connect-web',
    protocol: 'connect',
    transport: (baseUrl) => web.createConnectTransport({ baseUrl }),
  },
  {
    name: 'Connect binary, connect-web',
    protocol: 'connect',
    transport: (baseUrl) => web.createConnectTransport({ baseUrl, useBinaryFormat: true }),
  },
  {
    name: 'Connect GET, connect-web',
    protocol: 'connect',
    transport: (baseUrl) => web.createConnectTransport({ baseUrl, useHttpGet: true }),
  },
  {
    name: 'gRPC-Web, connect-web',
    protocol: 'grpc-web',
    transport: (baseUrl) => web.createGrpcWebTransport({ baseUrl }),
  },
  {
    name: 'Connect JSON over HTTP/1.1, connect-node',
    protocol: 'connect',
    gzip: true,
    transport: (baseUrl, options) =>
      createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false, ...options }),
  },
  {
    name: 'Connect binary over h2c, connect-node',
    protocol: 'connect',
    gzip: true,
    transport: (baseUrl, options) => createConnectTransport({ baseUrl, httpVersion: '2', ...options }),
  },
  {
    name: 'gRPC over h2c, connect-node',
    protocol: 'grpc',
    gzip: true,
    transport: (baseUrl, options) => createGrpcTransport({ baseUrl, ...options }),
  },
  {
    name: 'gRPC-Web over HTTP/1.1, connect-node',
    protocol: 'grpc-web',
    gzip: true,
    transport: (baseUrl, options) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1', ...options }),
  },
  {
    name: 'gRPC-Web over h2c, connect-node',
    protocol: 'grpc-web',
    gzip: true,
    transport: (baseUrl, options) => createGrpcWebTransport({ baseUrl, httpVersion: '2', ...options }),
  },
];

describe.each(rows)('$name', (row) => {
  let client: Client<typeof EchoService>;
  beforeAll(() => {
    client = createClient(EchoService, row.transport(echo.url));
  });

  test('fails with code, message, metadata and details', async () => {
    const error = await failure(client.fail({ code: Code.AlreadyExists, message: 'there: ünïcode is one' }));
    expect(error.code).toBe(Code.AlreadyExists);
    expect(error.rawMessage).toBe('there: ünïcode is one');
    expect(error.metadata.get('x-fail')).toBe('yes');
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'ASKED_FOR', metadata: { why: 'test' } },
    ]);
  });

  test('hides unexpected errors', async () => {
    const error = await failure(client.echo({ text: 'unexpected' }));
    expect(error).toMatchObject({ code: Code.Internal, rawMessage: 'internal error' });
  });

  test('refuses a message over the limit', async () => {
    const error = await failure(
      createClient(EchoService, row.transport(echo.url)).fail({ message: 'x'.repeat(300_000) }),
    );
    expect(error.code).toBe(Code.ResourceExhausted);
  });

  test('echoes a message of every kind of field', async () => {
    const request = {
      text: 'grüß dich',
      data: new Uint8Array([0, 255]),
      number: 9007199254740993n,
      at: { seconds: 1n, nanos: 5 },
    };
    expect(await client.echo(request)).toMatchObject(request);
    expect(echo.lastCall).toMatchObject({
      name: '/dovecote.test.v1.EchoService/Echo',
      protocol: row.protocol,
      address: '127.0.0.1',
      listener: 'public',
      deadline: undefined,
    });
  });

  test('echoes the empty message', async () => {
    expect(await client.echo({})).toMatchObject({ text: '' });
  });

  test('carries metadata both ways', async () => {
    let header = new Headers();
    let trailer = new Headers();
    await client.echo(
      {},
      {
        headers: { 'x-echo-one': 'eins' },
        onHeader: (h) => void (header = h),
        onTrailer: (t) => void (trailer = t),
      },
    );
    expect(header.get('x-echo-one')).toBe('eins');
    expect(trailer.get('x-trailer-one')).toBe('eins');
  });

  test('ends at the deadline, on both sides', async () => {
    const { ended } = echo;
    const calls = echo.calls.length;
    // Long enough for the call to arrive, on a busy machine too.
    const call = failure(client.sleep({ milliseconds: 60_000 }, { timeoutMs: 1_000 }));
    await until(() => echo.calls.length === calls + 1);
    expect((await call).code).toBe(Code.DeadlineExceeded);
    expect(echo.lastCall.deadline).toBeGreaterThan(0);
    await until(() => echo.ended === ended + 1);
    expect(echo.lastCall.signal.aborted).toBe(true);
  });

  test('cancels the work when the client goes away', async () => {
    const { ended } = echo;
    const calls = echo.calls.length;
    const controller = new AbortController();
    const call = failure(client.sleep({ milliseconds: 60_000 }, { signal: controller.signal }));
    await until(() => echo.calls.length === calls + 1);
    controller.abort();
    expect((await call).code).toBe(Code.Canceled);
    await until(() => echo.ended === ended + 1);
  });

  test('streams', async () => {
    let header = new Headers();
    let trailer = new Headers();
    const options = {
      onHeader: (h: Headers) => void (header = h),
      onTrailer: (t: Headers) => void (trailer = t),
    };
    const numbers: number[] = [];
    for await (const { number } of client.count({ to: 3 }, options)) numbers.push(number);
    expect(numbers).toEqual([1, 2, 3]);
    expect(header.get('x-count')).toBe('3');
    expect(trailer.get('x-done')).toBe('yes');
  });

  test('stops a stream that the client leaves', async () => {
    const { ended } = echo;
    const payload = new Uint8Array(16_384);
    const controller = new AbortController();
    const reading = async (): Promise<void> => {
      const stream = client.count({ to: 1_000_000, payload }, { signal: controller.signal });
      for await (const { number } of stream) if (number === 2) controller.abort();
    };
    expect((await failure(reading())).code).toBe(Code.Canceled);
    await until(() => echo.ended === ended + 1);
  });
});

test.each(rows.filter((row) => row.gzip))('$name: compresses both ways', async ({ transport }) => {
  const client = createClient(EchoService, transport(echo.url, gzip));
  const text = 'a'.repeat(200_000);
  expect((await client.echo({ text })).text).toBe(text);
});
