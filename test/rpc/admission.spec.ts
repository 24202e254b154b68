import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RpcServer } from '@dovecote/rpc';
import { Clock } from '../../src/platform/clock/clock.js';
import { ConnectStrategy } from '../../src/platform/rpc/connect.strategy.js';
import { RefusedClient } from '../protocol/support/refusals.js';
import { envelope } from '../protocol/support/raw.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { stopClock } from '../support/stop-clock.js';

/** More than enough for the buckets of these specs to fill; tokens live longer than all of them take. */
const REFILL_MS = 15_000;
const MiB = 1024 * 1024;
const createCampaign = '/pidgr.v1.CampaignService/CreateCampaign';
const validateInviteLink = '/pidgr.v1.InviteLinkService/ValidateInviteLink';
const requestCode = '/dovecote.auth.v1.AuthService/RequestSignInCode';
const limits = { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '5' };
const FLOOD = 40;
const FEW = 15;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: limits });
  cast = await seedCast(s);
  stopClock(s.server.app.get(Clock));
});
afterAll(() => s?.stop());
beforeEach(() => s.travel(REFILL_MS));

const deep = (levels: number): Buffer => Buffer.from(`{"email":${'['.repeat(levels)}`);
const openStreams = (): number => s.server.app.get(ConnectStrategy).unwrap<RpcServer>().openStreams;

async function call(
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; reason: string; text: string }> {
  const response = await fetch(`${s.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(body),
  });
  const text = await response.text();
  const { details } = JSON.parse(text) as { details?: { debug?: { reason?: string } }[] };
  return { status: response.status, reason: details?.[0]?.debug?.reason ?? '', text };
}

describe('before its body is read', () => {
  test.each([
    ['is malformed', '{'],
    ['is nested without end', deep(100_000)],
    ['is too large', 'x'.repeat(5 * MiB)],
  ])('a call without a credential is refused for that, whatever its body, which %s', async (_what, body) => {
    expect(await call(createCampaign, body)).toMatchObject({ status: 401, reason: 'CREDENTIAL_MISSING' });
  });

  test('a credential that does not hold is refused for that', async () => {
    const headers = { authorization: 'Bearer nothing', 'content-encoding': 'gzip' };
    const bomb = gzipSync(deep(4 * MiB));
    expect(await call(createCampaign, bomb, headers)).toMatchObject({ status: 401, reason: 'TOKEN_INVALID' });
  });

  test('who lacks the permission is told that, not what is wrong with the message', async () => {
    expect(await call(createCampaign, '{', cast.erin.headers as Record<string, string>)).toMatchObject({
      status: 403,
      reason: 'PERMISSION_MISSING',
    });
  });
});

describe('calls that are refused count against their address:', () => {
  const outcomes = (path: string, body: string, headers: Record<string, string> = {}) =>
    Promise.all(Array.from({ length: FLOOD }, () => call(path, body, headers)));

  test.each<[string, string, string, Record<string, string>]>([
    ['malformed ones', requestCode, '{', {}],
    ['ones that are too large', requestCode, 'x'.repeat(100_000), {}],
    ['ones compressed in an unknown way', requestCode, '{}', { 'content-encoding': 'zebra' }],
    ['ones without a credential', createCampaign, '{}', {}],
    ['ones of unknown methods', '/pidgr.v1.RoleService/Nothing', '{}', {}],
    ['ones of another content type', createCampaign, '{}', { 'content-type': 'text/plain' }],
    [
      'ones of unknown methods, as streams',
      '/pidgr.v1.RoleService/Nothing',
      '{}',
      { authorization: 'Bearer x' },
    ],
  ])('%s', async (_what, path, body, headers) => {
    const refused = (await outcomes(path, body, headers)).filter(({ status }) => status === 429);
    const throttled = refused.filter(({ text }) => text.includes('times a second'));
    expect(throttled.length).toBeGreaterThan(FLOOD - FEW);
  });

  test('malformed ones of a member count against the organization', async () => {
    const limited = await startTestServer({
      env: { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' },
      database: s.database,
    });
    const responses = await Promise.all(
      Array.from({ length: FLOOD }, () =>
        fetch(`${limited.url}/pidgr.v1.RoleService/ListRoles`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(cast.alice.headers as Record<string, string>) },
          body: '{',
        }),
      ),
    );
    expect(responses.filter(({ status }) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
    await limited.stop();
  });
});

describe('a message is refused by what it consists of:', () => {
  const alice = (): Record<string, string> => cast.alice.headers;

  test('levels', async () => {
    const body = gzipSync(deep(2_000_000));
    const headers = { ...alice(), 'content-encoding': 'gzip' };
    expect(await call(createCampaign, body, headers)).toMatchObject({
      status: 400,
      reason: 'REQUEST_MALFORMED',
    });
    expect(await call(requestCode, deep(10_000))).toMatchObject({ status: 400, reason: 'REQUEST_MALFORMED' });
  });

  test('elements of JSON', async () => {
    const body = `{"permissions":[${'"PERMISSION_ORG_READ",'.repeat(30_000)}`;
    expect(await call('/pidgr.v1.RoleService/CreateRole', body, alice())).toMatchObject({
      status: 429,
      reason: 'REQUEST_TOO_LARGE',
    });
  });

  test('fields of a binary message', async () => {
    const body = gzipSync(Buffer.alloc(16 * MiB, Buffer.from([0x78, 0x01])));
    const headers = { ...alice(), 'content-type': 'application/proto', 'content-encoding': 'gzip' };
    expect(await call(createCampaign, body, headers)).toMatchObject({
      status: 429,
      reason: 'REQUEST_TOO_LARGE',
    });
  });

  test('bytes, of which anybody may send few', async () => {
    const body = JSON.stringify({ token: 'x'.repeat(70_000) });
    expect(await call(validateInviteLink, body)).toMatchObject({ status: 429, reason: 'REQUEST_TOO_LARGE' });
    const zipped = gzipSync(JSON.stringify({ token: 'x'.repeat(MiB) }));
    const outcome = await call(validateInviteLink, zipped, { 'content-encoding': 'gzip' });
    expect(outcome).toMatchObject({ status: 429, reason: 'REQUEST_TOO_LARGE' });
  });
});

describe('plain requests', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const acs = '/sso/saml/0198f1b0-0000-7000-8000-000000000000/acs';

  /** The status that is answered although nothing of the announced body comes. */
  async function unread(path: string, headers: Record<string, string>): Promise<number> {
    const outgoing = request(`${s.url}${path}`, {
      method: 'POST',
      headers: { 'content-length': '1000', ...headers },
      agent: false,
    });
    outgoing.flushHeaders();
    const [response] = await once(outgoing, 'response');
    outgoing.destroy();
    return response.statusCode;
  }

  const post = async (path: string, body: string, headers: Record<string, string> = form): Promise<number> =>
    (await fetch(`${s.url}${path}`, { method: 'POST', headers, body })).status;

  test.each([
    ['SCIM without a token', '/scim/v2/Users', { 'content-type': 'application/scim+json' }, 401],
    [
      'SCIM with one that does not hold',
      '/scim/v2/Users',
      { 'content-type': 'application/scim+json', authorization: `Bearer pidgr_scim_${'a'.repeat(49)}` },
      401,
    ],
    ['the setup, from another site', '/setup/sso/domains', { ...form, origin: 'https://evil.example' }, 403],
  ])('are refused before their body is read: %s', async (_what, path, headers, status) => {
    expect(await unread(path, headers)).toBe(status);
  });

  test('the setup of who is not signed in', async () => {
    expect(await unread('/setup/sso/domains', { ...form, origin: s.url })).toBe(400);
  });

  test('of an address that asks too much are refused before their body is read', async () => {
    await Promise.all(Array.from({ length: FLOOD }, () => post(acs, '')));
    for (const path of [acs, '/sign-in/code', '/setup/sso/domains', '/nothing']) {
      expect([path, await unread(path, form)]).toEqual([path, 429]);
    }
    const refused = await fetch(`${s.url}${acs}`, { method: 'POST', headers: form, body: '' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('times a second');
  });

  test.each<[string, string, string, Record<string, string>]>([
    ['of no route', '/nothing', 'x', { 'content-type': 'text/plain' }],
    ['in another content type', '/sign-in/code', '{}', { 'content-type': 'application/json' }],
    ['that are too large', '/sign-in/code', `email=${'x'.repeat(70_000)}`, form],
    ['of another site', '/sign-in/code', 'email=a', { ...form, origin: 'https://evil.example' }],
    ['of an unknown connection', acs, 'SAMLResponse=x', form],
    ['of SCIM without a token', '/scim/v2/Users', '{', { 'content-type': 'application/scim+json' }],
    ['of SCIM, of no route', '/scim/v2/Nothing', '{', { 'content-type': 'application/scim+json' }],
    ['of a path spelled in another way', '/%73so/saml/x/acs', 'a=b', form],
  ])('that are refused count against their address: %s', async (_what, path, body, headers) => {
    const statuses = await Promise.all(Array.from({ length: FLOOD }, () => post(path, body, headers)));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
  });

  test('that are served do not count', async () => {
    const headers = { ...form, origin: s.url };
    for (let round = 0; round < FEW; round++) {
      expect(await post('/sign-in/out', '', headers)).toBeLessThan(400);
    }
  });

  test('are refused above the size that their form may have', async () => {
    expect(await post('/sign-in/code', `email=${'x'.repeat(70_000)}`)).toBe(413);
    expect(await post(acs, `SAMLResponse=${'x'.repeat(200_000)}`)).toBe(404);
    expect(await post(acs, `SAMLResponse=${'x'.repeat(300_000)}`)).toBe(413);
    const signedIn = { ...form, origin: s.url, cookie: 'dovecote_token=x' };
    expect(await post('/setup/sso/domains', `domain=${'x'.repeat(700_000)}`, signedIn)).not.toBe(413);
  });
});

test('nothing is left of calls that are not admitted, on any protocol, and of plain requests', async () => {
  const client = new RefusedClient(s.url);
  const body = new Uint8Array(2 * MiB);
  const calls = [
    'application/json',
    'application/proto',
    'application/grpc',
    'application/grpc-web',
    'application/grpc-web-text',
  ];
  const plain = [
    ['/scim/v2/Users', 'application/scim+json'],
    ['/sso/saml/x/acs', 'application/x-www-form-urlencoded'],
    ['/setup/sso/code', 'application/x-www-form-urlencoded'],
    ['/nothing', 'text/plain'],
  ];
  const requests = [
    ...calls.map((type) => ({ ':path': createCampaign, 'content-type': type })),
    ...calls.map((type) => ({
      ':path': createCampaign,
      'content-type': type,
      authorization: 'Bearer nothing',
    })),
    ...calls.map((type) => ({ ':path': requestCode, 'content-type': type })),
    ...plain.map(([path, type]) => ({ ':path': path!, 'content-type': type! })),
  ];
  for (let round = 0; round < 16; round++) {
    await Promise.all(requests.map((headers) => client.refuse({ headers, body: envelope(body) })));
  }
  await eventually('no stream is left', async () => openStreams() === 0);
  const headers = { ':path': '/pidgr.v1.RoleService/ListRoles', 'content-type': 'application/json' };
  expect(await client.status({ ...headers, ...(cast.alice.headers as Record<string, string>) }, '{}')).toBe(
    200,
  );
  client.close();
}, 60_000);
