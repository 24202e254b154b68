import { gunzipSync, gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CountRequestSchema,
  CountResponseSchema,
  EchoRequestSchema,
  EchoResponseSchema,
  FailRequestSchema,
  SleepRequestSchema,
} from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer, until } from './support/echo-server.js';
import { envelope, envelopes, http1, type RawResponse } from './support/raw.js';

// gRPC framing with chunked trailers, as connect-go's client speaks it to http:// addresses.
const HEADERS = { 'Content-Type': 'application/grpc+proto', TE: 'trailers' };

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

function call(method: string, body: Uint8Array, headers = {}): Promise<RawResponse> {
  return http1(echo.port, `/dovecote.test.v1.EchoService/${method}`, { ...HEADERS, ...headers }, body);
}

function echoRequest(init: { text?: string; data?: Uint8Array }): Uint8Array {
  return toBinary(EchoRequestSchema, create(EchoRequestSchema, init));
}

describe('refuses', () => {
  test('with code, message, metadata and details in the trailers', async () => {
    const request = toBinary(
      FailRequestSchema,
      create(FailRequestSchema, { code: 5, message: 'not: hier, ö' }),
    );
    const response = await call('Fail', envelope(request));
    expect(response).toMatchObject({ status: 200, headers: { 'transfer-encoding': 'chunked' } });
    expect(response.body).toHaveLength(0);
    expect(response.headers.trailer).toContain('grpc-status');
    expect(response.trailers).toMatchObject({
      'grpc-status': '5',
      'grpc-message': 'not: hier, %C3%B6',
      'x-fail': 'yes',
      'grpc-status-details-bin': expect.any(String),
    });
  });

  test('a message over the limit', async () => {
    const { trailers } = await call('Echo', envelope(echoRequest({ data: new Uint8Array(300_000) })));
    expect(trailers['grpc-status']).toBe('8');
  });

  test('a small message that grows over the limit', async () => {
    const bomb = gzipSync(echoRequest({ data: new Uint8Array(50_000_000) }));
    expect(bomb.length).toBeLessThan(100_000);
    const { trailers } = await call('Echo', envelope(bomb, 1), { 'grpc-encoding': 'gzip' });
    expect(trailers['grpc-status']).toBe('8');
  });

  test('what is not gzip', async () => {
    const { trailers } = await call('Echo', envelope(Buffer.from('plain'), 1), { 'grpc-encoding': 'gzip' });
    expect(trailers['grpc-status']).toBe('3');
  });

  test('an encoding that it does not know', async () => {
    const { trailers } = await call('Echo', envelope(echoRequest({}), 1), { 'grpc-encoding': 'zstd' });
    expect(trailers).toMatchObject({
      'grpc-status': '12',
      'grpc-message': 'unknown compression "zstd": supported encodings are gzip',
    });
  });

  test('a truncated frame', async () => {
    const { trailers } = await call('Echo', envelope(echoRequest({ text: 'long enough' })).subarray(0, 9));
    expect(trailers['grpc-status']).toBe('3');
  });

  test('a body that is no message', async () => {
    const { trailers } = await call('Echo', envelope(Buffer.from([0xff, 0xff, 0xff])));
    // INVALID_ARGUMENT, on every protocol alike; grpc-go says INTERNAL, which operators would take for ours.
    expect(trailers['grpc-status']).toBe('3');
  });

  test('an unknown method', async () => {
    const { trailers } = await call('Nothing', envelope(echoRequest({})));
    expect(trailers).toMatchObject({
      'grpc-status': '12',
      'grpc-message': 'unknown method dovecote.test.v1.EchoService/Nothing',
    });
  });
});

test('echoes, with metadata both ways', async () => {
  const response = await call('Echo', envelope(echoRequest({ text: 'hi' })), { 'x-echo-one': 'eins' });
  expect(response).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/grpc+proto', 'x-echo-one': 'eins' },
    trailers: { 'grpc-status': '0', 'x-trailer-one': 'eins' },
  });
  const [message] = envelopes(response.body);
  expect(fromBinary(EchoResponseSchema, message!.data).text).toBe('hi');
});

test('compresses both ways', async () => {
  const text = 'a'.repeat(200_000);
  const response = await call('Echo', envelope(gzipSync(echoRequest({ text })), 1), {
    'grpc-encoding': 'gzip',
    'grpc-accept-encoding': 'gzip',
  });
  const [message] = envelopes(response.body);
  expect(response.headers['grpc-encoding']).toBe('gzip');
  expect(message!.flags).toBe(1);
  expect(fromBinary(EchoResponseSchema, gunzipSync(message!.data)).text).toBe(text);
});

test('ends at the deadline', async () => {
  const request = toBinary(SleepRequestSchema, create(SleepRequestSchema, { milliseconds: 60_000 }));
  const { trailers } = await call('Sleep', envelope(request), { 'grpc-timeout': '50m' });
  expect(trailers['grpc-status']).toBe('4');
});

test('cancels the work when the connection goes', async () => {
  const { ended, calls } = echo;
  const before = calls.length;
  const path = '/dovecote.test.v1.EchoService/Sleep';
  const outgoing = httpRequest({ port: echo.port, path, method: 'POST', headers: HEADERS, agent: false });
  const request = toBinary(SleepRequestSchema, create(SleepRequestSchema, { milliseconds: 60_000 }));
  outgoing.end(envelope(request));
  const cut = once(outgoing, 'error');
  await until(() => calls.length === before + 1);
  outgoing.destroy(new Error('gone'));
  await cut;
  await until(() => echo.ended === ended + 1);
});

test('streams', async () => {
  const response = await call(
    'Count',
    envelope(toBinary(CountRequestSchema, create(CountRequestSchema, { to: 3 }))),
  );
  const numbers = envelopes(response.body).map(({ data }) => fromBinary(CountResponseSchema, data).number);
  expect(numbers).toEqual([1, 2, 3]);
  expect(response.trailers).toMatchObject({ 'grpc-status': '0', 'x-done': 'yes' });
});
