import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import { QuotaFailureSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { refusalOf } from '../support/refusal.js';
import { stopClock } from '../support/stop-clock.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const limits = { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' };
const anonymousLimits = { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '4' };
/** More than enough for every bucket of these specs to fill. */
const aMinute = 60_000;

/** What `count` calls at once come to, by code; 0 stands for success. */
async function storm(count: number, call: () => Promise<unknown>): Promise<Record<string, number>> {
  const codes = await Promise.all(
    Array.from({ length: count }, () =>
      call().then(
        () => 'ok',
        (error: unknown) => Code[ConnectError.from(error).code],
      ),
    ),
  );
  return Object.fromEntries(
    [...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length]),
  );
}

const listRoles = (server: TestServer, { headers }: Pick<Actor, 'headers'>): (() => Promise<unknown>) => {
  const client = server.client(RoleService, headers);
  return () => client.listRoles({});
};

/** The same call as a browser would make it, to look at the headers. */
function overConnect(server: TestServer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/pidgr.v1.RoleService/ListRoles`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
  });
}

describe('in one process', () => {
  let s: TestServer;
  let cast: Cast;

  beforeAll(async () => {
    s = await startTestServer({ env: { ...limits, ...anonymousLimits } });
    stopClock(s.server.app.get(Clock));
    cast = await seedCast(s);
  });
  afterAll(() => s?.stop());

  describe('an organization', () => {
    test('that calls too much is refused, and told when to come back', async () => {
      await storm(20, listRoles(s, cast.alice));
      const refused = await refusalOf(cast.max.client(RoleService).listRoles({}));
      expect(refused).toMatchObject({
        code: Code.ResourceExhausted,
        reason: 'RATE_LIMITED',
        retryAfterSeconds: 1,
      });
      expect(refused.message).toContain('1 times a second');

      const error: unknown = await cast.kiosk
        .client(RoleService)
        .listRoles({})
        .catch((cause: unknown) => cause);
      const [quota] = ConnectError.from(error).findDetails(QuotaFailureSchema);
      expect(quota?.violations).toMatchObject([{ subject: 'organization' }]);
      expect(ConnectError.from(error).metadata.get('retry-after')).toBe('1');

      const response = await overConnect(s, cast.alice.headers);
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('ratelimit')).toMatch(/^"organization";r=0;t=[45]$/);
    });

    test('takes nothing from another one', async () => {
      await storm(20, listRoles(s, cast.alice));
      expect(await storm(1, listRoles(s, cast.mallory))).toEqual({ ok: 1 });
    });

    test('may go on when time has passed', async () => {
      await storm(20, listRoles(s, cast.alice));
      await s.travel(aMinute);
      expect(await storm(20, listRoles(s, cast.alice))).toEqual({ ok: 5, ResourceExhausted: 15 });
    });

    test('sees how much is left on every answer', async () => {
      await s.travel(aMinute);
      const { status, headers } = await overConnect(s, cast.alice.headers);
      expect(status).toBe(200);
      expect(headers.get('ratelimit-policy')).toBe('"organization";q=5;w=5');
      expect(headers.get('ratelimit')).toBe('"organization";r=4;t=1');
      expect(headers.get('retry-after')).toBeNull();
    });

    test('has the limit that was agreed with it', async () => {
      const { orgId } = cast.mallory;
      await s.database.query(
        'update organization set rate_limit_per_second = 2, rate_limit_burst = 8 where id = $1',
        [orgId],
      );
      await s.database.query(`select pg_notify('dovecote_revocation', $1)`, [`organization:${orgId}`]);
      await eventually('the new limit holds', async () => {
        const { headers } = await overConnect(s, cast.mallory.headers);
        return headers.get('ratelimit-policy') === '"organization";q=8;w=4';
      });
      await s.travel(aMinute);
      expect((await storm(8, listRoles(s, cast.mallory))).ok).toBe(8);
    });
  });

  describe('an address without a credential', () => {
    const refusedOf = async (calls: Promise<Response>[]): Promise<number> =>
      (await Promise.all(calls)).filter(({ status }) => status === 429).length;

    test('is refused after its burst, whatever address it claims to be', async () => {
      await s.travel(aMinute);
      const calls = Array.from({ length: 20 }, (_, i) =>
        overConnect(s, { 'x-forwarded-for': `198.51.100.${i}` }),
      );
      expect(await refusedOf(calls)).toBeGreaterThan(5);
      const response = await overConnect(s);
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('1');
    });

    test('guesses no more credentials than that, and keeps nobody else out', async () => {
      await s.travel(aMinute);
      const guesses = Array.from({ length: 20 }, (_, i) =>
        overConnect(s, { authorization: `Bearer pidgr_k_${i}` }),
      );
      expect(await refusedOf(guesses)).toBeGreaterThan(5);
      expect((await overConnect(s, cast.alice.headers)).status).toBe(200);
    });

    test('is the one that a trusted proxy names', async () => {
      const behind = await startTestServer({
        env: { ...anonymousLimits, TRUSTED_PROXIES: '127.0.0.1' },
        database: s.database,
      });
      stopClock(behind.server.app.get(Clock));
      const from = (address: string) => overConnect(behind, { 'x-forwarded-for': address });
      expect(await refusedOf(Array.from({ length: 20 }, () => from('198.51.100.7')))).toBeGreaterThan(5);
      const others = Array.from({ length: 20 }, (_, i) => from(`198.51.100.${i + 10}`));
      expect(await refusedOf(others)).toBe(0);
      // What a client adds to the list is to the left of what the proxy saw.
      expect((await from('203.0.113.9, 198.51.100.7')).status).toBe(429);
      await behind.stop();
    });
  });
});

describe('across two processes with Redis', () => {
  const shared = { RATE_LIMIT_PER_SECOND: '5', RATE_LIMIT_BURST: '30' };
  let redis: TestRedis | undefined;
  let first: TestServer;
  let second: TestServer;
  let cast: Cast;

  beforeAll(async () => {
    redis = await startRedis();
    if (!redis) return;
    const env = { ...shared, REDIS_URL: redis.url };
    first = await startTestServer({ env });
    second = await startTestServer({ env, database: first.database });
    cast = await seedCast(first);
  });
  afterAll(async () => {
    redis?.thaw();
    await second?.stop();
    await first?.stop();
    await redis?.kill();
  });

  test('no more than burst and rate come through, however they arrive', async () => {
    if (!redis) return;
    const before = await redis.now();
    const outcomes = await Promise.all(
      [first, second].map((server) => storm(100, listRoles(server, cast.alice))),
    );
    const elapsed = ((await redis.now()) - before) / 1000;
    const admitted = outcomes.reduce((sum, { ok = 0 }) => sum + ok, 0);
    expect(admitted).toBeGreaterThanOrEqual(30);
    expect(admitted).toBeLessThanOrEqual(30 + 5 * elapsed);
    expect(outcomes.flatMap((outcome) => Object.keys(outcome)).sort()).toEqual(
      expect.arrayContaining(['ResourceExhausted']),
    );
  });

  test('a Redis that hangs, then dies, costs no caller an answer', async () => {
    if (!redis) return;
    const calls = [first, second].map((server) => storm(50, listRoles(server, cast.mallory)));
    redis.freeze();
    const during = await Promise.all(calls);
    await redis.kill();
    for (const server of [first, second]) stopClock(server.server.app.get(Clock));
    const after = await Promise.all(
      [first, second].map((server) => storm(50, listRoles(server, cast.mallory))),
    );
    for (const outcome of [...during, ...after]) {
      expect(Object.keys(outcome).filter((code) => code !== 'ok' && code !== 'ResourceExhausted')).toEqual(
        [],
      );
    }
    // Each process limits by itself now: there is still service, and still a limit.
    expect(after.some(({ ResourceExhausted = 0 }) => ResourceExhausted > 0)).toBe(true);
  });
});

describe('a Redis that is not there', () => {
  test('does not keep the server from starting, nor from limiting', async () => {
    const s = await startTestServer({ env: { ...limits, REDIS_URL: 'redis://127.0.0.1:1' } });
    const cast = await seedCast(s);
    const outcome = await storm(20, listRoles(s, cast.alice));
    expect(outcome.ok).toBeGreaterThanOrEqual(5);
    expect(outcome.ResourceExhausted).toBeGreaterThan(5);
    await s.stop();
  });
});
