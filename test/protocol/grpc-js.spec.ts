import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { compressionAlgorithms, Metadata, status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { StatusSchema } from '@dovecote/contract/google/rpc/status_pb';
import { EchoServer, until } from './support/echo-server.js';
import { GrpcJsClient } from './support/grpc-js.js';

const echo = new EchoServer();
let client: GrpcJsClient;

function connect(options = {}): GrpcJsClient {
  return new GrpcJsClient(echo.port, 'dovecote/test/v1/echo.proto', 'dovecote.test.v1.EchoService', options);
}

beforeAll(async () => {
  await echo.start();
  client = connect();
});
afterAll(async () => {
  client.close();
  await echo.stop();
});

test('fails with code, message, metadata and details', async () => {
  const error = await client.unary('Fail', { code: 9, message: 'nö' }).catch((e) => e);
  expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'nö' });
  expect(error.metadata.get('x-fail')).toEqual(['yes']);
  const [details] = error.metadata.get('grpc-status-details-bin');
  const [info] = fromBinary(StatusSchema, details).details;
  expect(anyUnpack(info!, ErrorInfoSchema)).toMatchObject({ reason: 'ASKED_FOR', domain: 'dovecote' });
});

test('refuses a message over the limit', async () => {
  const call = client.unary('Echo', { text: 'x'.repeat(300_000) });
  await expect(call).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
});

test('refuses an unknown method', async () => {
  const other = new GrpcJsClient(echo.port, 'pidgr/v1/role.proto', 'pidgr.v1.RoleService');
  await expect(other.unary('ListRoles', {})).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details: 'unknown method pidgr.v1.RoleService/ListRoles',
  });
  other.close();
});

test('echoes, with metadata both ways', async () => {
  const metadata = new Metadata();
  metadata.set('x-echo-one', 'eins');
  const outcome = await client.unary('Echo', { text: 'hi', number: '9007199254740993' }, { metadata });
  expect(outcome.response).toMatchObject({ text: 'hi', number: '9007199254740993' });
  expect(outcome.header.get('x-echo-one')).toEqual(['eins']);
  expect(outcome.trailer.get('x-trailer-one')).toEqual(['eins']);
  expect(echo.lastCall).toMatchObject({ protocol: 'grpc', address: '127.0.0.1' });
});

test('ends at the deadline', async () => {
  const { ended, calls } = echo;
  const before = calls.length;
  // Long enough for the call to arrive, on a busy machine too.
  const call = client.unary('Sleep', { milliseconds: 60_000 }, { deadline: Date.now() + 1_000 });
  const refused = expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  await until(() => calls.length === before + 1);
  await refused;
  await until(() => echo.ended === ended + 1);
});

test('cancels the work when the client does', async () => {
  const { ended, calls } = echo;
  const before = calls.length;
  let cancel = (): void => undefined;
  const call = client.unary(
    'Sleep',
    { milliseconds: 60_000 },
    { started: (c) => (cancel = () => c.cancel()) },
  );
  const refused = expect(call).rejects.toMatchObject({ code: status.CANCELLED });
  await until(() => calls.length === before + 1);
  cancel();
  await refused;
  await until(() => echo.ended === ended + 1);
});

test('compresses both ways', async () => {
  const zipped = connect({ 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
  const text = 'a'.repeat(200_000);
  expect((await zipped.unary('Echo', { text })).response).toMatchObject({ text });
  expect(echo.lastCall.header.get('grpc-encoding')).toBe('gzip');
  zipped.close();
});

test('streams, with trailers', async () => {
  const stream = client.serverStream('Count', { to: 3 });
  const trailer = new Promise<Metadata>((resolve) => stream.once('status', (s) => resolve(s.metadata)));
  const numbers: unknown[] = [];
  for await (const { number } of stream) numbers.push(number);
  expect(numbers).toEqual([1, 2, 3]);
  expect((await trailer).get('x-done')).toEqual(['yes']);
});

test('stops a stream that the client cancels', async () => {
  const { ended } = echo;
  const stream = client.serverStream('Count', { to: 1_000_000, payload: Buffer.alloc(16_384) });
  stream.on('error', () => undefined);
  stream.once('data', () => stream.cancel());
  await until(() => echo.ended === ended + 1);
});
