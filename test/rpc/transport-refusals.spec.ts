import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RawClient, type RawRequest } from '../protocol/support/exchange.js';
import { envelope, http1 } from '../protocol/support/raw.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const listRoles = '/pidgr.v1.RoleService/ListRoles';
const createRole = '/pidgr.v1.RoleService/CreateRole';
const watchHealth = '/grpc.health.v1.Health/Watch';
const requestId = 'asked-in-vain';

let s: TestServer;
let cast: Cast;
let client: RawClient;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  client = new RawClient(port());
});
afterAll(async () => {
  client?.close();
  await s?.stop();
});

const port = (): number => Number(new URL(s.url).port);

interface Refused {
  code: string;
  message: string;
  details: { type: string; debug: Record<string, unknown> }[];
}

describe.each([1, 2] as const)('over HTTP/%s.x', (version) => {
  const send = (request: Partial<RawRequest>) =>
    client.send({
      version,
      method: 'POST',
      path: listRoles,
      body: Buffer.from('{}'),
      ...request,
      headers: { ...cast.alice.headers, 'x-request-id': requestId, ...request.headers },
    });

  async function refused(request: Partial<RawRequest>) {
    const { status, headers, body } = await send(request);
    const { code, message, details } = JSON.parse(body.toString()) as Refused;
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-request-id']).toBe(requestId);
    expect(details).toMatchObject([
      { type: 'google.rpc.ErrorInfo', debug: { domain: 'dovecote' } },
      { type: 'google.rpc.RequestInfo', debug: { requestId } },
    ]);
    return { status, headers, code, message, reason: details[0]?.debug['reason'] };
  }

  describe('refuses with a body', () => {
    test.each<[string, string | undefined, string]>([
      ['no content type', undefined, 'The Content-Type is missing; send one of application/json, '],
      ['an empty one', '', 'The Content-Type is missing'],
      ['one of text', 'text/plain', 'The Content-Type "text/plain" is not supported; send one of '],
      ['one that is none', 'application', 'The Content-Type "application" is not supported'],
      ['two in one', 'application/json, application/json', 'is not supported'],
      ['the one of forms', 'application/x-www-form-urlencoded', 'is not supported'],
      ['a stream for a method that is none', 'application/connect+json', 'is not supported'],
      ['gRPC in another format', 'application/grpc+xml', 'is not supported'],
      ['gRPC-Web text in another format', 'application/grpc-web-text+xml', 'is not supported'],
      [
        'another charset',
        'application/json; charset=latin1',
        'The charset "latin1" is not supported; JSON is',
      ],
      ['another charset of gRPC', 'application/grpc+json; charset="UTF-16"', 'The charset "utf-16" is not'],
    ])('%s', async (_what, type, message) => {
      const answer = await refused({ headers: type === undefined ? {} : { 'content-type': type } });
      expect(answer).toMatchObject({
        status: 415,
        code: 'unknown',
        reason: 'CONTENT_TYPE_UNSUPPORTED',
        message: expect.stringContaining(message),
      });
      expect(answer.headers['accept-post']).toMatch(
        /^application\/json, application\/proto, application\/grpc/,
      );
    });

    test('a unary call of a stream', async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await refused({ path: watchHealth, headers });
      expect(answer).toMatchObject({ status: 415 });
      expect(answer.headers['accept-post']).toMatch(/^application\/connect\+json/);
    });

    test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET'])('%s of a method that changes', async (method) => {
      const body = Buffer.from(method === 'PUT' || method === 'PATCH' ? '{}' : '');
      const headers = { 'content-type': 'application/json' };
      expect(
        await refused({ path: `${createRole}?encoding=json&message=%7B%7D`, method, headers, body }),
      ).toMatchObject({
        status: 405,
        code: 'unknown',
        reason: 'HTTP_METHOD_NOT_ALLOWED',
        message: `${method} does not call this method; send POST.`,
        headers: { allow: 'POST' },
      });
    });

    test.each(['GET', 'PUT', 'POST'])('%s of a method that nobody serves', async (method) => {
      const answer = await refused({ path: '/pidgr.v1.RoleService/Nothing', method, body: Buffer.alloc(0) });
      expect(answer).toMatchObject({ status: 404, code: 'unimplemented', reason: 'METHOD_UNKNOWN' });
    });
  });

  test('HEAD is refused without a body', async () => {
    const { status, headers, body } = await send({ method: 'HEAD', body: Buffer.alloc(0) });
    expect(status).toBe(405);
    expect(headers).toMatchObject({ 'x-request-id': requestId, allow: expect.stringContaining('POST') });
    expect(body).toHaveLength(0);
  });

  test.each([
    ['application/json; charset="utf-8"', Buffer.from('{}')],
    ['application/json;', Buffer.from('{}')],
    ['application/json; a=b ;charset=UTF8', Buffer.from('{}')],
    ['Application/JSON', Buffer.from('{}')],
    ['application/proto; charset=utf-8', Buffer.alloc(0)],
    ['application/proto;', Buffer.alloc(0)],
    ['APPLICATION/GRPC; a=b', envelope(Buffer.alloc(0))],
    ['application/grpc;', envelope(Buffer.alloc(0))],
    ['application/grpc-web+proto; a="b;c"', envelope(Buffer.alloc(0))],
    ['application/grpc-web-text; a=b', Buffer.from(envelope(Buffer.alloc(0)).toString('base64'))],
  ])('takes %s', async (type, body) => {
    const { status, headers, trailers } = await send({ headers: { 'content-type': type }, body });
    expect(status).toBe(200);
    expect(headers['grpc-status'] ?? trailers['grpc-status'] ?? '0').toBe('0');
    // gRPC is answered in the longer name of its format.
    expect(`${headers['content-type']}`.startsWith(type.toLowerCase().split(';')[0]!)).toBe(true);
  });
});

test('a header that is too large is refused with a body', async () => {
  // Many short fields over HTTP/1.1: whatever else is too large Node's parsers refuse by themselves.
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`x-${index}`, 'aaaa']));
  const { status, headers, body } = await http1(port(), listRoles, { ...many, 'x-request-id': requestId });
  expect(status).toBe(431);
  expect(headers['x-request-id']).toBe(requestId);
  expect(JSON.parse(body.toString())).toMatchObject({
    code: 'resource_exhausted',
    details: [{ debug: { reason: 'HEADER_TOO_LARGE' } }, { debug: { requestId } }],
  });
});
