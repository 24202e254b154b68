import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { generateApiKey } from '@dovecote/secret';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import { ApiKeyDirectory } from '../../src/platform/caller/api-keys.directory.js';
import { MembershipDirectory } from '../../src/platform/caller/memberships.directory.js';
import { type Cast, seedCast } from '../support/cast.js';
import { stopClock } from '../support/stop-clock.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** More than enough for every bucket of these specs to fill. */
const aMinute = 60_000;
const anonymousLimits = { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '5' };
/** Calls of a flood, and a number of them above the burst. */
const FLOOD = 40;
const FEW = 15;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { ...anonymousLimits, TRUSTED_PROXIES: '127.0.0.1' } });
  stopClock(s.server.app.get(Clock));
  cast = await seedCast(s);
});
afterAll(() => s?.stop());
beforeEach(() => s.travel(aMinute));
afterEach(() => {
  jest.restoreAllMocks();
});

async function call(headers: Record<string, string>, method: string, body: object = {}): Promise<Response> {
  return fetch(`${s.url}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const listRoles = (headers: Record<string, string>) => call(headers, 'pidgr.v1.RoleService/ListRoles');
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const unknownKey = () => bearer(generateApiKey('pidgr_k_').secret);

async function statuses(calls: Promise<Response>[]): Promise<number[]> {
  return (await Promise.all(calls)).map(({ status }) => status);
}

async function newKey(): Promise<string> {
  const { key } = await cast.alice
    .client(ApiKeyService)
    .createApiKey({ name: 'new', permissions: [Permission.ORG_READ] });
  return key;
}

describe('bad credentials', () => {
  test('that cannot be keys of ours are not looked up', async () => {
    const find = jest.spyOn(s.server.app.get(ApiKeyDirectory, { strict: false }), 'find');
    const { secret } = generateApiKey('pidgr_k_');
    const wrongChecksum = secret.slice(0, -1) + (secret.endsWith('a') ? 'b' : 'a');
    const response = await listRoles(bearer(wrongChecksum));
    expect([response.status, await response.text()]).toEqual([
      401,
      expect.stringContaining('unknown, revoked'),
    ]);
    expect(find).not.toHaveBeenCalled();
  });

  test('from one address are soon refused without a look-up', async () => {
    const find = jest.spyOn(s.server.app.get(ApiKeyDirectory, { strict: false }), 'find');
    const flood = await statuses(Array.from({ length: FLOOD }, () => listRoles(unknownKey())));
    expect(flood.filter((status) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
    expect(find.mock.calls.length).toBeLessThan(FEW);
  });

  test('keep nobody out who has a token, or a key that has held before', async () => {
    expect((await listRoles(cast.kiosk.headers)).status).toBe(200);
    await statuses(Array.from({ length: FLOOD }, () => listRoles(unknownKey())));
    expect((await listRoles(cast.kiosk.headers)).status).toBe(200);
    expect((await listRoles(cast.alice.headers)).status).toBe(200);
  });

  test('delay a key that was never seen only while they last', async () => {
    const key = await newKey();
    await statuses(Array.from({ length: FLOOD }, () => listRoles(unknownKey())));
    expect((await listRoles(bearer(key))).status).toBe(429);
    await s.travel(aMinute);
    expect((await listRoles(bearer(key))).status).toBe(200);
  });
});

test('good credentials take nothing from their address', async () => {
  for (let calls = 0; calls < 20; calls += 1) {
    expect((await listRoles(bearer(await newKey()))).status).toBe(200);
  }
});

test('an RPC that needs no credential counts the address with one, too', async () => {
  const codes = await statuses(
    Array.from({ length: FLOOD }, (_, i) =>
      call(cast.alice.headers, 'dovecote.auth.v1.AuthService/VerifySignInCode', {
        email: `nobody${i}@example.com`,
        code: '123456',
      }),
    ),
  );
  expect(codes.filter((status) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
});

test('IPv6 addresses are one by /64', async () => {
  const from = (address: string) => listRoles({ 'x-forwarded-for': address });
  const neighbours = await statuses(
    Array.from({ length: FLOOD }, (_, i) => from(`2001:db8:0:1::${(i + 1).toString(16)}`)),
  );
  expect(neighbours.filter((status) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
  const strangers = await statuses(
    Array.from({ length: FLOOD }, (_, i) => from(`2001:db8:0:${(i + 2).toString(16)}::1`)),
  );
  expect(strangers).not.toContain(429);
});

describe('a signed-in person', () => {
  let limited: TestServer;
  beforeAll(async () => {
    const env = { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' };
    limited = await startTestServer({ env, database: s.database });
    stopClock(limited.server.app.get(Clock));
  });
  afterAll(() => limited?.stop());

  const flood = (headers: Record<string, string>, method: string): Promise<Response[]> =>
    Promise.all(
      Array.from({ length: FLOOD }, () =>
        fetch(`${limited.url}/${method}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-org-id': uuid(),
            ...headers,
          },
          body: '{}',
        }),
      ),
    );

  test('is limited outside of an organization', async () => {
    const responses = await flood(cast.max.headers, 'pidgr.v1.OrganizationService/ListUserOrganizations');
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(FLOOD - FEW);
    expect(await refused[0]?.text()).toContain('a person may call 1 times a second');
  });

  test('cannot try out organizations by the thousand', async () => {
    const find = jest.spyOn(limited.server.app.get(MembershipDirectory, { strict: false }), 'find');
    const { authorization } = cast.erin.headers;
    const responses = await flood({ authorization: String(authorization) }, 'pidgr.v1.RoleService/ListRoles');
    expect(responses.filter(({ status }) => status === 429).length).toBeGreaterThan(FLOOD - FEW);
    expect(find.mock.calls.length).toBeLessThan(FEW);
  });
});
