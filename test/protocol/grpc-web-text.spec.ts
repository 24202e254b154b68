import { gzipSync } from 'node:zlib';
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
import { EchoServer } from './support/echo-server.js';
import { envelope, envelopes, http1 } from './support/raw.js';

const TRAILER = 0x80;

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

interface TextResponse {
  messages: Buffer[];
  trailer: string;
  headers: NodeJS.Dict<string | string[]>;
}

async function call(method: string, body: string, headers = {}): Promise<TextResponse> {
  const path = `/dovecote.test.v1.EchoService/${method}`;
  const response = await http1(
    echo.port,
    path,
    { 'Content-Type': 'application/grpc-web-text', ...headers },
    body,
  );
  expect(response).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/grpc-web-text+proto' },
  });
  // Each padded segment is decoded on its own, as grpc-web's client does.
  const segments = response.body.toString('latin1').match(/[^=]+=*/g) ?? [];
  const frames = envelopes(Buffer.concat(segments.map((segment) => Buffer.from(segment, 'base64'))));
  return {
    messages: frames.filter(({ flags }) => flags < TRAILER).map(({ data }) => data),
    trailer: frames.find(({ flags }) => flags >= TRAILER)?.data.toString('latin1') ?? '',
    headers: response.headers,
  };
}

function text(frame: Uint8Array): string {
  return Buffer.from(frame).toString('base64');
}

function echoRequest(init: { text?: string; data?: Uint8Array }): Uint8Array {
  return toBinary(EchoRequestSchema, create(EchoRequestSchema, init));
}

describe('refuses', () => {
  test('with code and message', async () => {
    const request = toBinary(FailRequestSchema, create(FailRequestSchema, { code: 5, message: 'gone' }));
    const { messages, trailer } = await call('Fail', text(envelope(request)));
    expect(messages).toEqual([]);
    expect(trailer).toMatch(/grpc-status: 5\r\n/);
    expect(trailer).toMatch(/grpc-message: gone\r\n/);
    expect(trailer).toMatch(/grpc-status-details-bin: /);
  });

  test('what is not base64', async () => {
    expect((await call('Echo', '!!!!')).trailer).toMatch(/grpc-status: 3\r\n/);
  });

  test.each([
    ['a message over the limit', envelope(echoRequest({ data: new Uint8Array(300_000) })), {}],
    [
      'a bomb',
      envelope(gzipSync(echoRequest({ data: new Uint8Array(50_000_000) })), 1),
      { 'grpc-encoding': 'gzip' },
    ],
  ])('%s', async (_case, frame, headers) => {
    expect((await call('Echo', text(frame), headers)).trailer).toMatch(/grpc-status: 8\r\n/);
  });
});

test('echoes the largest message allowed', async () => {
  const data = new Uint8Array(256 * 1024 - 16).fill(7);
  const { messages, trailer } = await call('Echo', text(envelope(echoRequest({ data }))));
  expect(fromBinary(EchoResponseSchema, messages[0]!).data).toHaveLength(data.length);
  expect(trailer).toMatch(/grpc-status: 0\r\n/);
});

test('carries metadata both ways and reads padding inside the body', async () => {
  const frame = envelope(echoRequest({ text: 'hello' }));
  const body = text(frame.subarray(0, 4)) + text(frame.subarray(4));
  const { messages, trailer, headers } = await call('Echo', body, { 'x-echo-one': 'eins' });
  expect(fromBinary(EchoResponseSchema, messages[0]!).text).toBe('hello');
  expect(headers['x-echo-one']).toBe('eins');
  expect(trailer).toMatch(/x-trailer-one: eins\r\n/);
  expect(echo.lastCall.protocol).toBe('grpc-web');
});

test('ends at the deadline', async () => {
  const request = toBinary(SleepRequestSchema, create(SleepRequestSchema, { milliseconds: 60_000 }));
  const { trailer } = await call('Sleep', text(envelope(request)), { 'grpc-timeout': '50m' });
  expect(trailer).toMatch(/grpc-status: 4\r\n/);
});

test('streams', async () => {
  const request = toBinary(CountRequestSchema, create(CountRequestSchema, { to: 3 }));
  const { messages, trailer } = await call('Count', text(envelope(request)));
  expect(messages.map((data) => fromBinary(CountResponseSchema, data).number)).toEqual([1, 2, 3]);
  expect(trailer).toMatch(/x-done: yes\r\n/);
});
