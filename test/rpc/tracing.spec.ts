import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { ServerProcess } from '../cluster/server-process.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status?: { code?: number };
}

/** Where an operator's collector would be: OTLP over HTTP, as JSON. */
class Collector {
  readonly spans: ReceivedSpan[] = [];
  text = '';
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      this.text += body;
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[];
      };
      this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

const collector = new Collector();
let s: TestServer;
let cast: Cast;
let traced: ServerProcess;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  traced = new ServerProcess(
    'api',
    {
      DATABASE_URL: s.database.ownerUrl,
      DATABASE_APP_URL: s.database.appUrl,
      MASTER_KEY: testMasterKey.toString('base64'),
      LOG_FORMAT: 'json',
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector.open(),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_SERVICE_NAME: 'dovecote-spec',
    },
    await freePort(),
  );
  await traced.start();
}, 60_000);
afterAll(async () => {
  await traced?.stop();
  await s?.stop();
  await collector.close();
});

test('a call is a span below that of its client, with the statements that it sends below it', async () => {
  const [traceId, parentSpanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const roles = createClient(RoleService, createGrpcTransport({ baseUrl: traced.url }));
  const headers = { ...cast.kiosk.headers, traceparent: `00-${traceId}-${parentSpanId}-01` };
  await roles.listRoles({}, { headers });
  const ours = (): ReceivedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
  const call = await eventually('the span of the call', () =>
    Promise.resolve(ours().find(({ name }) => name === 'pidgr.v1.RoleService/ListRoles')),
  );
  expect(call.parentSpanId).toBe(parentSpanId);
  expect(ours().filter((span) => span.parentSpanId === call.spanId).length).toBeGreaterThan(0);
  expect(collector.text).toContain('dovecote-spec');
});

test('an error of the shipped contract names its trace', async () => {
  const traceId = randomBytes(16).toString('hex');
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  const events = createClient(EventsService, createGrpcTransport({ baseUrl: traced.url }));
  for (const headers of [{ traceparent }, { traceparent, ...cast.site.keys.public.headers }]) {
    const refused = await events
      .batchCreate({ events: [{ kind: '' }] }, { headers })
      .catch((error: unknown) => ConnectError.from(error));
    const info = (refused as ConnectError).findDetails(ErrorInfoSchema)[0];
    expect(info).toMatchObject({ domain: 'pug.sh', metadata: { trace_id: traceId } });
  }
});

test('a refused call says which code, and no span holds a secret or an id of somebody', async () => {
  const roles = createClient(RoleService, createGrpcTransport({ baseUrl: traced.url }));
  await expect(roles.listRoles({}, { headers: { authorization: 'Bearer pidgr_k_x' } })).rejects.toThrow();
  await eventually('the span of the refusal', () =>
    Promise.resolve(collector.text.includes('unauthenticated')),
  );
  const { authorization } = cast.kiosk.headers;
  expect(collector.text).not.toContain(authorization.replace('Bearer ', ''));
  expect(collector.text).not.toContain(cast.acme.id);
});
