import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/test-server.js';

const app = 'https://app.example';
const evil = 'https://evil.example';

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer({ env: { CORS_ORIGINS: `${app}, http://localhost:*` } });
});
afterAll(() => s?.stop());

const listRoles = (): string => `${s.url}/pidgr.v1.RoleService/ListRoles`;

/** What a browser asks before it calls from another origin. */
const preflight = (origin: string, headers: string): Promise<Response> =>
  fetch(listRoles(), {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': headers,
    },
  });

const call = (origin: string, contentType = 'application/json'): Promise<Response> =>
  fetch(listRoles(), { method: 'POST', headers: { origin, 'content-type': contentType }, body: '{}' });

const names = (response: Response, header: string): string[] =>
  (response.headers.get(header) ?? '').split(',').map((name) => name.trim().toLowerCase());

const permissions = (response: Response): string[] =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));

const connectHeaders = 'authorization,connect-protocol-version,connect-timeout-ms,content-type,x-org-id';
const grpcWebHeaders = 'authorization,content-type,grpc-timeout,x-grpc-web,x-org-id,x-user-agent';

describe('an origin that is not configured', () => {
  test.each([evil, 'null', `${app}.evil.example`, 'http://app.example', `${app}:8443`])(
    'gets nothing: %s',
    async (origin) => {
      for (const response of [await preflight(origin, connectHeaders), await call(origin)]) {
        expect(permissions(response)).toEqual([]);
        expect(response.headers.get('vary')).toMatch(/^Origin\b/);
      }
    },
  );

  test('is every one when none is configured', async () => {
    const closed = await startTestServer({ database: s.database });
    const response = await fetch(`${closed.url}/pidgr.v1.RoleService/ListRoles`, {
      method: 'OPTIONS',
      headers: { origin: app, 'access-control-request-method': 'POST' },
    });
    await closed.stop();
    expect(permissions(response)).toEqual([]);
  });
});

describe.each([app, 'http://localhost:5173'])('the configured origin %s', (origin) => {
  test.each([
    ['Connect', connectHeaders],
    ['gRPC-Web', grpcWebHeaders],
  ])('may send what %s and the server need', async (_protocol, headers) => {
    const response = await preflight(origin, headers);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(names(response, 'access-control-allow-methods')).toContain('post');
    expect(names(response, 'access-control-allow-headers')).toEqual(
      expect.arrayContaining([...headers.split(','), 'x-request-id']),
    );
    // Credentials are headers that a script sets; no cookie is ever asked for.
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each(['application/json', 'application/grpc-web+proto'])(
    'may read what comes with an answer in %s',
    async (contentType) => {
      const response = await call(origin, contentType);
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      expect(names(response, 'access-control-expose-headers')).toEqual(
        expect.arrayContaining([
          'x-request-id',
          'ratelimit',
          'ratelimit-policy',
          'retry-after',
          'grpc-status',
          'grpc-message',
          'grpc-status-details-bin',
        ]),
      );
    },
  );
});

test('any origin may call when that is configured', async () => {
  const open = await startTestServer({ env: { CORS_ORIGINS: '*' }, database: s.database });
  const response = await fetch(`${open.url}/pidgr.v1.RoleService/ListRoles`, {
    method: 'POST',
    headers: { origin: evil, 'content-type': 'application/json' },
    body: '{}',
  });
  await open.stop();
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});
