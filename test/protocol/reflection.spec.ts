import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { status } from '@grpc/grpc-js';
import { ServerReflection } from '@dovecote/contract/grpc/reflection/v1/reflection_pb';
import { EchoServer } from './support/echo-server.js';
import { GrpcJsClient, type Json } from './support/grpc-js.js';

const SERVICES = [
  'dovecote.test.v1.EchoService',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];
const ECHO_FILE = 'dovecote/test/v1/echo.proto';

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

describe.each(['v1', 'v1alpha'])('%s over gRPC', (version) => {
  let client: GrpcJsClient;
  beforeAll(() => {
    const file = `grpc/reflection/${version}/reflection.proto`;
    client = new GrpcJsClient(echo.port, file, `grpc.reflection.${version}.ServerReflection`);
  });
  afterAll(() => client.close());

  /** Asks everything on one stream. */
  async function ask(...requests: Json[]): Promise<Json[]> {
    const stream = client.bidiStream('ServerReflectionInfo');
    for (const request of requests) stream.write(request);
    stream.end();
    const answers: Json[] = [];
    for await (const answer of stream) answers.push(answer);
    return answers;
  }

  test('refuses a request that asks nothing', async () => {
    await expect(ask({})).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  test('answers what it does not know in band and goes on', async () => {
    const answers = await ask(
      { fileByFilename: 'no/such.proto' },
      { fileContainingSymbol: 'no.Such' },
      { fileContainingExtension: { containingType: 'google.protobuf.FieldOptions', extensionNumber: 1 } },
      { allExtensionNumbersOfType: 'no.Such' },
      { host: 'here', listServices: '*' },
    );
    const errors = answers.slice(0, 4).map((answer) => answer['errorResponse']);
    expect(errors).toEqual(
      Array(4).fill({ errorCode: 5, errorMessage: expect.stringContaining('not found: ') }),
    );
    expect(answers[4]).toMatchObject({
      validHost: 'here',
      originalRequest: { host: 'here', listServices: '*' },
      listServicesResponse: { service: SERVICES.map((name) => ({ name })) },
    });
  });

  test.each([
    'dovecote.test.v1.EchoService',
    'dovecote.test.v1.EchoService.Echo',
    'dovecote.test.v1.EchoRequest',
    'dovecote.test.v1.EchoRequest.text',
  ])('finds the file of %s, with all that it imports', async (symbol) => {
    const [answer] = await ask({ fileContainingSymbol: symbol });
    const names = fileNames(answer);
    expect(names[0]).toBe(ECHO_FILE);
    expect(names).toContain('google/protobuf/timestamp.proto');
    expect(names).toContain('google/protobuf/descriptor.proto');
  });

  test('sends an import once a stream, but a file that is asked for again again', async () => {
    const answers = await ask({ fileByFilename: ECHO_FILE }, { fileByFilename: ECHO_FILE });
    expect(fileNames(answers[1])).toEqual([ECHO_FILE]);
  });

  test('finds extensions', async () => {
    const containingType = 'google.protobuf.FieldOptions';
    const [numbers] = await ask({ allExtensionNumbersOfType: containingType });
    const { extensionNumber } = numbers?.['allExtensionNumbersResponse'] as { extensionNumber: number[] };
    expect(extensionNumber).toContain(1159);
    const [file] = await ask({ fileContainingExtension: { containingType, extensionNumber: 1159 } });
    expect(fileNames(file)[0]).toBe('buf/validate/validate.proto');
  });
});

test.each<[string, () => Transport]>([
  ['Connect over h2c', () => createConnectTransport({ baseUrl: echo.url, httpVersion: '2' })],
  ['Connect over HTTP/1.1', () => createConnectTransport({ baseUrl: echo.url, httpVersion: '1.1' })],
  ['gRPC-Web over HTTP/1.1', () => createGrpcWebTransport({ baseUrl: echo.url, httpVersion: '1.1' })],
])('answers over %s', async (_name, transport) => {
  async function* requests() {
    yield { messageRequest: { case: 'listServices' as const, value: '' } };
  }
  const names: string[] = [];
  for await (const { messageResponse } of createClient(ServerReflection, transport()).serverReflectionInfo(
    requests(),
  )) {
    if (messageResponse.case === 'listServicesResponse')
      names.push(...messageResponse.value.service.map((s) => s.name));
  }
  expect(names).toEqual(SERVICES);
});

function fileNames(answer: Json | undefined): string[] {
  const { fileDescriptorProto } = answer?.['fileDescriptorResponse'] as { fileDescriptorProto: Uint8Array[] };
  return fileDescriptorProto.map((file) => fromBinary(FileDescriptorProtoSchema, file).name);
}
