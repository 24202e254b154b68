import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import {
  CountRequestSchema,
  EchoRequestSchema,
  EchoService,
  FailRequestSchema,
  SleepRequestSchema,
} from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import type { FailedCall } from '@dovecote/rpc';
import { EchoServer, until } from './support/echo-server.js';
import { failure } from './support/failure.js';
import { rawError, rawProtocols } from './support/raw-rpc.js';

const SERVICE = '/dovecote.test.v1.EchoService';

const seen: { error: ConnectError; cause: unknown; call: FailedCall }[] = [];
const options = {
  describeError: (error: ConnectError, call: FailedCall): ConnectError => {
    seen.push({ error, cause: error.cause, call });
    call.responseHeader.set('x-described', call.kind);
    error.details.push({
      desc: ErrorInfoSchema,
      value: { reason: call.kind, metadata: { name: call.name } },
    });
    return error;
  },
};
const echo = new EchoServer(options);
beforeAll(() => echo.start());
beforeEach(() => void (seen.length = 0));
afterAll(() => echo.stop());

const reasons = (error: ConnectError): string[] =>
  error.findDetails(ErrorInfoSchema).map(({ reason }) => reason);

describe.each(rawProtocols)('$name: a call is described once that', (protocol) => {
  const stream = protocol.name === 'Connect streams';
  const path = `${SERVICE}/${stream ? 'Count' : 'Echo'}`;
  const tooLarge = stream
    ? toBinary(CountRequestSchema, create(CountRequestSchema, { payload: new Uint8Array(300_000) }))
    : toBinary(EchoRequestSchema, create(EchoRequestSchema, { data: new Uint8Array(300_000) }));
  const { encodingHeader } = protocol;

  test.each<[string, string, Uint8Array | string, Code, string, object]>([
    ['is too large', path, tooLarge, Code.ResourceExhausted, 'request_too_large', {}],
    [
      'is too large once inflated',
      path,
      gzipSync(tooLarge),
      Code.ResourceExhausted,
      'request_too_large',
      { headers: { [encodingHeader]: 'gzip' }, flags: 1 },
    ],
    ['is no protobuf message', path, '\x07', Code.InvalidArgument, 'request_malformed', {}],
    ['is no JSON', path, '{', Code.InvalidArgument, 'request_malformed', { format: 'json' }],
    // Stands in the error's message, which gRPC percent-encodes.
    [
      'has half a surrogate pair where a number belongs',
      path,
      '{"number":"\\ud800","to":"\\ud800"}',
      Code.InvalidArgument,
      'request_malformed',
      { format: 'json' },
    ],
    [
      'is no gzip',
      path,
      'plain',
      Code.InvalidArgument,
      'request_malformed',
      { headers: { [encodingHeader]: 'gzip' }, flags: 1 },
    ],
    [
      'names no time as its timeout',
      path,
      '',
      Code.InvalidArgument,
      'request_malformed',
      { headers: { 'connect-timeout-ms': 'soon', 'grpc-timeout': 'soon' } },
    ],
    [
      'is compressed in an unknown way',
      path,
      'x',
      Code.Unimplemented,
      'compression_unknown',
      { headers: { [encodingHeader]: 'zebra' } },
    ],
    ['names an unknown method', `${SERVICE}/Nothing`, '', Code.Unimplemented, 'method_unknown', {}],
    ['names an unknown service', '/a.b.Service/Nothing', '', Code.Unimplemented, 'method_unknown', {}],
  ])('%s', async (_case, name, message, code, kind, call) => {
    const { error, header } = await rawError(protocol, echo.port, name, message, call);
    expect([error.code, reasons(error)]).toEqual([code, [kind]]);
    expect(header['x-described']).toBe(kind);
    expect(error.findDetails(ErrorInfoSchema)[0]?.metadata).toEqual({ name });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.call).toMatchObject({ kind, name, address: '127.0.0.1', listener: 'public' });
  });
});

describe.each(rawProtocols.filter(({ name }) => name !== 'Connect streams'))('$name:', (protocol) => {
  const sleep = toBinary(SleepRequestSchema, create(SleepRequestSchema, { milliseconds: 60_000 }));

  test('a call over its deadline is described once', async () => {
    const { error } = await rawError(protocol, echo.port, `${SERVICE}/Sleep`, sleep, {
      headers: protocol.timeout,
    });
    expect([error.code, reasons(error)]).toEqual([Code.DeadlineExceeded, ['deadline_exceeded']]);
    expect(seen).toHaveLength(1);
  });

  test('an unexpected error is described once, with its cause, which stays here', async () => {
    const message = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text: 'unexpected' }));
    const { error } = await rawError(protocol, echo.port, `${SERVICE}/Echo`, message);
    expect([error.code, error.rawMessage, reasons(error)]).toEqual([
      Code.Internal,
      'internal error',
      ['internal'],
    ]);
    expect(seen.map(({ cause }) => cause)).toEqual([new Error('a secret cause')]);
  });

  test('an error that the handler chose is left as it is', async () => {
    const message = toBinary(
      FailRequestSchema,
      create(FailRequestSchema, { code: Code.Internal, message: 'mine' }),
    );
    const { error } = await rawError(protocol, echo.port, `${SERVICE}/Fail`, message);
    expect([error.code, error.rawMessage, reasons(error)]).toEqual([Code.Internal, 'mine', ['ASKED_FOR']]);
    expect(seen).toEqual([]);
  });

  test('an error whose text was cut within a character arrives', async () => {
    const message = toBinary(FailRequestSchema, create(FailRequestSchema, { code: 3, message: 'cut 🕊' }));
    const { error } = await rawError(protocol, echo.port, `${SERVICE}/Fail`, message);
    expect([error.rawMessage, reasons(error)]).toEqual(['cut \ufffd', ['ASKED_FOR']]);
  });
});

test('a GET request whose message is no base64 is malformed', async () => {
  const query = 'connect=v1&encoding=proto&base64=1&message=%21';
  const response = await fetch(`${echo.url}${SERVICE}/Echo?${query}`);
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_argument' }]);
  expect(seen.map(({ call }) => call.kind)).toEqual(['request_malformed']);
});

test.each<[string, () => Transport]>([
  ['HTTP/1.1', () => createConnectTransport({ baseUrl: echo.url, httpVersion: '1.1' })],
  ['HTTP/2', () => createGrpcTransport({ baseUrl: echo.url })],
])('a call that its client gives up over %s is described once', async (_version, transport) => {
  const client = createClient(EchoService, transport());
  const calls = echo.calls.length;
  const controller = new AbortController();
  const call = failure(client.sleep({ milliseconds: 60_000 }, { signal: controller.signal }));
  await until(() => echo.calls.length === calls + 1);
  controller.abort();
  await call;
  await until(() => seen.length > 0);
  expect(seen.map(({ call: { kind } }) => kind)).toEqual(['cancelled']);
});

test('calls that a shutdown ends are described each for itself', async () => {
  const other = await new EchoServer(options).start();
  const client = createClient(EchoService, createGrpcTransport({ baseUrl: other.url }));
  const calls = [1, 2].map(() => failure(client.sleep({ milliseconds: 60_000 })));
  await until(() => other.calls.length === 2);
  await other.server.close(10);
  for (const error of await Promise.all(calls)) {
    expect([error.code, reasons(error)]).toEqual([Code.Unavailable, ['shutting_down']]);
  }
  expect(seen).toHaveLength(2);
});

test('another error may be sent in its place', async () => {
  const other = await new EchoServer({
    describeError: () => new ConnectError('nothing here', Code.NotFound, { 'x-instead': 'yes' }),
  }).start();
  for (const protocol of rawProtocols) {
    const { error } = await rawError(protocol, other.port, `${SERVICE}/Nothing`, '');
    expect([error.code, error.rawMessage]).toEqual([Code.NotFound, 'nothing here']);
  }
  await other.stop();
});
