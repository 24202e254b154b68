import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromBinary, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { EventsService as Documented } from '@dovecote/contract/events/v1/events_connect';
import { InsightsService as DocumentedInsights } from '@dovecote/contract/insights/v1/insights_connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
} from '@dovecote/contract/google/rpc/error_details_pb';
import { EventsService as Shipped } from '@dovecote/contract/sdk/events/v1/events_connect';
import type { EventSchema } from '@dovecote/contract/sdk/events/v1/events_pb';
import { InsightsService as ShippedInsights } from '@dovecote/contract/shared/insights/v1/insights_connect';
import { seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const ID = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';

type Headers = Readonly<Record<string, string>>;

let s: TestServer;
let callers: Record<'sdk' | 'shared' | 'public' | 'admin', Headers>;

beforeAll(async () => {
  s = await startTestServer();
  const { site, alice } = await seedCast(s);
  const { sdk, shared, public: pub } = site.keys;
  const admin = { authorization: alice.headers.authorization };
  callers = { sdk: sdk.headers, shared: shared.headers, public: pub.headers, admin };
});
afterAll(() => s?.stop());

interface Detail {
  type: string;
  value: string;
  debug: unknown;
  field?: string;
  description?: string;
}

interface Body {
  code: string;
  message: string;
  details?: Detail[];
}

const protocols: [string, (headers: Headers) => Transport][] = [
  ['Connect in JSON', (headers) => createConnectTransport({ ...to(headers), httpVersion: '1.1' })],
  [
    'Connect in binary',
    (headers) => createConnectTransport({ ...to(headers), httpVersion: '2', useBinaryFormat: true }),
  ],
  ['gRPC', (headers) => createGrpcTransport(to(headers))],
  ['gRPC-Web', (headers) => createGrpcWebTransport({ ...to(headers), httpVersion: '1.1' })],
];

function to(headers: Headers) {
  const interceptor: NonNullable<Parameters<typeof createGrpcTransport>[0]['interceptors']>[number] =
    (next) => (request) => {
      for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
      return next(request);
    };
  return { baseUrl: s.url, interceptors: [interceptor] };
}

async function refused(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ConnectError)) throw new Error('The call was not refused.');
  return error;
}

function violationsOf(error: ConnectError): [string, string][][] {
  return error
    .findDetails(BadRequestSchema)
    .map(({ fieldViolations }) => fieldViolations.map(({ field, description }) => [field, description]));
}

async function post(
  path: string,
  headers: Headers,
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
): Promise<{ status: number; body: Body; headers: globalThis.Headers }> {
  const response = await fetch(`${s.url}/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': contentType },
    body,
  });
  return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
}

/** What a reader of the raw JSON sees of the violations. */
function plain({ details = [] }: Body): [string | undefined, string | undefined][] {
  return details.map(({ field, description }) => [field, description]);
}

describe('an error of the documented contract', () => {
  const BATCH = 'events.v1.EventsService/BatchCreate';
  const QUERY = 'insights.v1.InsightsService/Query';
  const twoBad = { events: [{ name: '' }, { name: 'a', sessionId: 'x'.repeat(129) }] };
  const twoViolations = [
    [['events[0].name', 'value is required']],
    [['events[1].session_id', 'must be at most 128 characters']],
  ];

  test.each(['application/json', 'application/json; charset=utf-8'])(
    'has an object for each violation in %s, for readers with a library and without',
    async (contentType) => {
      const { status, body } = await post(BATCH, callers.sdk, JSON.stringify(twoBad), contentType);
      expect([status, body.code, body.message]).toEqual([400, 'invalid_argument', 'validation error']);
      expect(plain(body)).toEqual(twoViolations.flat());
      const [first] = body.details ?? [];
      expect(Object.keys(first!).sort()).toEqual(['debug', 'description', 'field', 'type', 'value']);
      expect(first).toMatchObject({
        type: 'google.rpc.BadRequest',
        debug: { fieldViolations: [{ field: 'events[0].name', description: 'value is required' }] },
      });
      expect(first!.value).not.toContain('=');
      const decoded = fromBinary(BadRequestSchema, Buffer.from(first!.value, 'base64'));
      expect(decoded.fieldViolations).toMatchObject([{ field: 'events[0].name' }]);
    },
  );

  test.each(protocols)('is read by generated clients over %s', async (_name, transport) => {
    const client = createClient(Documented, transport(callers.sdk));
    const error = await refused(client.batchCreate(twoBad));
    expect([error.code, error.rawMessage]).toEqual([Code.InvalidArgument, 'validation error']);
    expect(violationsOf(error)).toEqual(twoViolations);
    expect(error.details).toHaveLength(2);
  });

  test.each<[string, string, string]>([
    ['{"events":[{"name":5}]}', 'events[0].name', 'expected string, got number'],
    ['{"events":[{"name":"a","sessionId":true}]}', 'events[0].session_id', 'expected string, got boolean'],
    ['{"events":{"name":"a"}}', 'events', 'expected array, got object'],
    ['{"events":[["a"]]}', 'events[0]', 'expected object, got array'],
    ['{"events":[{"name":"a","properties":[1]}]}', 'events[0].properties', 'expected object, got array'],
    ['{"events":[{"name":"a","timestamp":7}]}', 'events[0].timestamp', 'expected string, got number'],
  ])('names the field of a wrong type: %s', async (request, field, description) => {
    const { status, body } = await post(BATCH, callers.sdk, request);
    expect([status, body.code, body.message]).toEqual([400, 'invalid_argument', 'validation error']);
    expect(plain(body)).toEqual([[field, description]]);
  });

  test('names an enum value that does not exist, by name and by number', async () => {
    const query = (granularity: unknown) =>
      JSON.stringify({
        query: {
          events: [{ name: 'a' }],
          timeRange: { start: '2030-01-01T00:00:00Z', end: '2030-01-02T00:00:00Z' },
          granularity,
        },
      });
    const byName = await post(QUERY, callers.shared, query('GRANULARITY_CENTURY'));
    expect(plain(byName.body)).toEqual([
      ['query.granularity', expect.stringContaining('is not a Granularity')],
    ]);
    const byNumber = await post(QUERY, callers.shared, query(9));
    expect(plain(byNumber.body)).toEqual([
      ['query.granularity', 'value must be one of the defined enum values'],
    ]);
  });

  test('takes a time that is the epoch for missing', async () => {
    const client = createClient(DocumentedInsights, protocols[1]![1](callers.shared));
    const timeRange = { start: { seconds: 0n }, end: { seconds: 1_900_000_000n } };
    const error = await refused(client.query({ query: { events: [{ name: 'a' }], timeRange } }));
    expect(violationsOf(error)).toEqual([[['query.time_range.start', 'value is required']]]);
  });

  test('holds every violation of a batch, as far as the protocol can carry them', async () => {
    const batch = {
      events: Array.from({ length: 1_000 }, () => ({ name: '', properties: { a: 1, b: 'c' } })),
    };
    const { body } = await post(BATCH, callers.sdk, JSON.stringify(batch));
    expect(plain(body)).toHaveLength(1_000);
    expect(plain(body)[999]).toEqual(['events[999].name', 'value is required']);
    const error = await refused(createClient(Documented, protocols[2]![1](callers.sdk)).batchCreate(batch));
    expect(violationsOf(error).length).toBeGreaterThan(20);
  });

  test('holds the first violation of another long message', async () => {
    const timeRange = { start: '2030-01-01T00:00:00Z', end: '2030-01-02T00:00:00Z' };
    const query = { events: Array.from({ length: 2_000 }, () => ({ name: '' })), timeRange };
    const { body } = await post(QUERY, callers.shared, JSON.stringify({ query }));
    expect([body.code, plain(body).length]).toEqual(['invalid_argument', 1]);
  });

  test.each(['application/json', 'application/json; charset=utf-8'])(
    'is readable where it is long and the client takes gzip: %s',
    async (contentType) => {
      const batch = { events: Array.from({ length: 100 }, () => ({ name: '' })) };
      const headers = { ...callers.sdk, 'accept-encoding': 'gzip', 'content-encoding': 'gzip' };
      const { status, body } = await post(BATCH, headers, gzipSync(JSON.stringify(batch)), contentType);
      expect([status, plain(body).length]).toEqual([400, 100]);
    },
  );

  test('has no details where nothing was validated', async () => {
    const anonymous = await post(BATCH, {}, '{}');
    expect([anonymous.status, anonymous.body.code, anonymous.body.details]).toEqual([
      401,
      'unauthenticated',
      undefined,
    ]);
    const garbage = await post(BATCH, callers.sdk, new Uint8Array([0x0a, 0xff]), 'application/proto');
    expect([garbage.status, garbage.body.code, garbage.body.details]).toEqual([
      400,
      'invalid_argument',
      undefined,
    ]);
    const noJson = await post(BATCH, callers.sdk, '{"events":');
    expect([noJson.status, noJson.body.code, noJson.body.details]).toEqual([
      400,
      'invalid_argument',
      undefined,
    ]);
  });
});

describe('an error of the shipped contract', () => {
  const BATCH = 'sdk.events.v1.EventsService/BatchCreate';
  const good = {
    eventId: ID,
    kind: 'page_view',
    occurTime: { seconds: 1_700_000_000n },
    distinctId: 'anon-1',
    sessionId: ID,
  };
  type Init = MessageInitShape<typeof EventSchema>;

  test.each(protocols)(
    'has reason, domain, id and paths without indexes over %s',
    async (_name, transport) => {
      const client = createClient(Shipped, transport(callers.public));
      const error = await refused(client.batchCreate({ events: [good, { ...good, kind: '!' }] }));
      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
        { reason: 'INVALID_ARGUMENT', domain: 'pug.sh' },
      ]);
      expect(error.findDetails(RequestInfoSchema)[0]?.requestId).toBe(error.metadata.get('x-request-id'));
      expect(violationsOf(error)).toEqual([
        [['events.kind', 'does not match regex pattern `^[a-zA-Z0-9_.-]+$`']],
      ]);
    },
  );

  test.each<[string, Init[]]>([
    ['events', [{ ...good, distinctId: '' }]],
    ['', [{ ...good, distinctId: 'cookieless-1' }]],
    [
      'events.auto_properties.string_value',
      [
        {
          ...good,
          autoProperties: { '$a"].b': { value: { case: 'stringValue', value: 'x'.repeat(1_025) } } },
        },
      ],
    ],
  ])('names "%s" without indexes and keys', async (field, events) => {
    const error = await refused(
      createClient(Shipped, protocols[2]![1](callers.public)).batchCreate({ events }),
    );
    expect(violationsOf(error)).toEqual([[[field, expect.any(String)]]]);
  });

  test('is about the type of a field in JSON, too', async () => {
    const { status, body } = await post(BATCH, callers.public, '{"events":[{"occurTime":5}]}');
    expect([status, body.code]).toEqual([400, 'invalid_argument']);
    expect(body.details?.map(({ type }) => type)).toEqual([
      'google.rpc.ErrorInfo',
      'google.rpc.RequestInfo',
      'google.rpc.BadRequest',
    ]);
    expect(body.details?.[2]?.debug).toMatchObject({ fieldViolations: [{ field: 'events.occur_time' }] });
    // Only the documented contract has members beside those of Connect.
    expect(body.details?.[2]).not.toHaveProperty('field');
  });

  test.each<[string, DescService]>([
    ['an unknown key', Shipped],
    ['no key', ShippedInsights],
  ])('has the name of its code for a reason: %s', async (name, service) => {
    const headers: Headers = name === 'no key' ? {} : { 'x-api-key': 'pub_0123456789abcdef0123' };
    const method = service.methods[0]!;
    const { status, body } = await post(`${service.typeName}/${method.name}`, headers, '{}');
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(body.details?.[0]?.debug).toEqual({ reason: 'UNAUTHENTICATED', domain: 'pug.sh' });
  });
});

describe('a call of our own contract', () => {
  test('keeps one detail with indexes, and our domain', async () => {
    const { body } = await post(
      'dovecote.project.v1.ProjectService/CreateProject',
      callers.admin,
      '{"name":""}',
    );
    expect(body.details?.map(({ debug }) => debug)).toMatchObject([
      { reason: 'INVALID_ARGUMENT', domain: 'dovecote' },
      {},
      { fieldViolations: [{ field: 'name' }] },
    ]);
  });
});
