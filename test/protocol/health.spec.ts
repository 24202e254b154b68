import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { status } from '@grpc/grpc-js';
import { Health, HealthCheckResponse_ServingStatus } from '@dovecote/contract/grpc/health/v1/health_pb';
import { EchoServer } from './support/echo-server.js';
import { GrpcJsClient, type Json } from './support/grpc-js.js';

const SERVICE = 'dovecote.test.v1.EchoService';
let serving = true;
const echo = new EchoServer({ isServing: async () => serving });
let client: GrpcJsClient;

beforeAll(async () => {
  await echo.start();
  client = new GrpcJsClient(echo.port, 'grpc/health/v1/health.proto', 'grpc.health.v1.Health');
});
afterAll(async () => {
  client.close();
  await echo.stop();
});

test('refuses an unknown service', async () => {
  await expect(client.unary('Check', { service: 'no.such' })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
});

test.each(['', SERVICE])('checks "%s"', async (service) => {
  expect((await client.unary('Check', { service })).response).toEqual({ status: 'SERVING' });
});

test('lists', async () => {
  const { response } = await client.unary('List', {});
  expect(response).toEqual({ statuses: { '': { status: 'SERVING' }, [SERVICE]: { status: 'SERVING' } } });
});

test('watches a service and reports an unknown one without failing', async () => {
  const watch = async (service: string, act: (statuses: unknown[]) => boolean): Promise<unknown[]> => {
    const stream = client.serverStream('Watch', { service });
    const statuses: unknown[] = [];
    try {
      for await (const message of stream as AsyncIterable<Json>) {
        statuses.push(message['status']);
        if (act(statuses)) break;
      }
    } finally {
      stream.on('error', () => undefined);
      stream.cancel();
    }
    return statuses;
  };
  expect(await watch('no.such', () => true)).toEqual(['SERVICE_UNKNOWN']);
  const changes = await watch(SERVICE, (statuses) => {
    serving = false;
    return statuses.length === 2;
  });
  serving = true;
  expect(changes).toEqual(['SERVING', 'NOT_SERVING']);
});

describe.each([
  ['Connect', createConnectTransport],
  ['gRPC-Web', createGrpcWebTransport],
])('over %s', (_name, createTransport) => {
  test('checks', async () => {
    const health = createClient(Health, createTransport({ baseUrl: echo.url, httpVersion: '1.1' }));
    expect((await health.check({})).status).toBe(HealthCheckResponse_ServingStatus.SERVING);
  });
});
