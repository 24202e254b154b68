import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '@dovecote/contract/grpc/health/v1/health_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { FanOut } from '../fault/fan-out.js';
import { type Actor, addMember, type Cast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ServerProcess } from './server-process.js';
import { SteadyLoad } from './steady-load.js';

jest.setTimeout(240_000);

const RATE = 100;
const BURST = 200;
/** Without the feed of revocations a credential would be believed for thirty seconds. */
const REVOKED_WITHIN_MS = 5_000;

let redis: TestRedis | undefined;
/** Issues credentials and arranges rows; the calls go to the processes. */
let arranger: TestServer;
let fanOut: FanOut;
let cast: Cast;
let first: ServerProcess;
let second: ServerProcess;
let workers: ServerProcess[];

beforeAll(async () => {
  redis = await startRedis();
  if (!redis) return;
  const ISSUER = 'https://cluster.example';
  arranger = await startTestServer({ env: { ROLE: 'api', ISSUER } });
  fanOut = await FanOut.prepare(arranger, 2_000);
  ({ cast } = fanOut);
  const env = {
    DATABASE_URL: arranger.database.ownerUrl,
    DATABASE_APP_URL: arranger.database.appUrl,
    MASTER_KEY: testMasterKey.toString('base64'),
    REDIS_URL: redis.url,
    ISSUER,
    ENVIRONMENT: 'production',
    PUBLIC_URL: ISSUER,
    SMTP_URL: 'smtp://127.0.0.1:1',
    RATE_LIMIT_PER_SECOND: String(RATE),
    RATE_LIMIT_BURST: String(BURST),
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'debug',
  };
  first = new ServerProcess('api', env, await freePort());
  second = new ServerProcess('api', env, await freePort());
  workers = [new ServerProcess('worker', env), new ServerProcess('worker', env)];
  await Promise.all([first, second, ...workers].map((server) => server.start()));
}, 120_000);
afterAll(async () => {
  if (!redis) return;
  await Promise.all([first, second, ...(workers ?? [])].map((server) => server?.stop()));
  await arranger?.stop();
  await redis.kill();
});

function at<S extends DescService>(
  server: ServerProcess,
  service: S,
  { headers }: Pick<Actor, 'headers'>,
): Client<S> {
  const { authorization } = headers;
  const transport = createGrpcTransport({
    baseUrl: server.url,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', authorization);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: unknown) => Code[ConnectError.from(error).code],
  );
}

/** As `codeOf`, with the words of a refusal. */
async function answerOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: unknown) => `${Code[ConnectError.from(error).code]}: ${ConnectError.from(error).rawMessage}`,
  );
}

describe('two API and two worker processes', () => {
  test('refuse everywhere, soon, what one of them has revoked', async () => {
    if (!redis) return;
    const sam = await addMember(arranger, cast.acme, { email: 'sam@acme.example', role: 'manager' });
    const admin = (server: ServerProcess) => at(server, ApiKeyService, cast.alice);
    const { apiKey, key } = await admin(first).createApiKey({
      name: 'CI',
      permissions: [Permission.ORG_READ],
    });
    const ci = { headers: { authorization: `Bearer ${key}` } };
    const tina = await addMember(arranger, cast.acme, { email: 'tina@acme.example', role: 'manager' });
    const revocations: [
      string,
      () => Promise<unknown>,
      (server: ServerProcess) => Promise<unknown>,
      string,
    ][] = [
      [
        'key',
        () => admin(first).revokeApiKey({ apiKeyId: apiKey?.id ?? '' }),
        (server) => at(server, RoleService, ci).listRoles({}),
        'Unauthenticated',
      ],
      [
        'role',
        () =>
          at(first, MemberService, cast.alice).updateUserRole({
            userId: tina.userId,
            roleId: cast.acme.roles.employee,
          }),
        (server) => at(server, RoleService, tina).listRoles({}),
        'PermissionDenied',
      ],
      [
        'session',
        () => at(first, AuthService, sam).signOut({}),
        (server) => at(server, RoleService, sam).listRoles({}),
        'Unauthenticated',
      ],
    ];
    for (const [what, revoke, call, refusal] of revocations) {
      // Both know the credential by now.
      expect(await Promise.all([first, second].map((server) => codeOf(call(server))))).toEqual(['ok', 'ok']);
      await revoke();
      const since = performance.now();
      for (const server of [first, second])
        await eventually(
          `the ${what} is refused`,
          async () => (await codeOf(call(server))) === refusal,
          REVOKED_WITHIN_MS,
        );
      console.log(`revoked ${what}: refused everywhere after ${Math.round(performance.now() - since)} ms`);
    }
  });

  test('run each job once', async () => {
    if (!redis) return;
    const campaignIds = [await fanOut.start(), await fanOut.start()];
    for (const campaignId of campaignIds) {
      await fanOut.completed(campaignId);
      await fanOut.expectEachOnce(campaignId);
    }
  });

  test('are restarted one by one under load, and no call fails but for another try', async () => {
    if (!redis) return;
    const load = new SteadyLoad([first.url, second.url], cast.alice.headers.authorization);
    const campaignId = await fanOut.start();
    try {
      for (const server of [first, second]) {
        const health = lastHealthOf(server);
        await health.serving;
        expect(await server.stop()).toBe(0);
        expect(await health.last).toBe(Status.NOT_SERVING);
        await server.start();
      }
      for (const worker of workers) {
        expect(await worker.stop()).toBe(0);
        await worker.start();
      }
    } finally {
      await load.stop();
    }
    console.log(`rolling restart: ${load.calls} calls, ${load.retries} tried again`);
    expect(load.failures).toEqual([]);
    expect(await stored(load.created)).toBe(load.created.length);
    expect(load.created.length).toBeGreaterThan(10);
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });

  test('admit together no more than one organization may', async () => {
    if (!redis) return;
    // So slow that what comes back to the bucket counts for little, however long the calls take.
    const perSecond = 1;
    await arranger.database.query('update organization set rate_limit_per_second = $2 where id = $1', [
      cast.other.id,
      perSecond,
    ]);
    const before = await redis.now();
    const calls = [first, second].flatMap((server) => {
      const roles = at(server, RoleService, cast.mallory);
      return Array.from({ length: 2 * BURST }, () => answerOf(roles.listRoles({})));
    });
    const outcomes = await Promise.all(calls);
    const seconds = ((await redis.now()) - before) / 1000;
    const others = outcomes.filter((outcome) => outcome !== 'ok' && !outcome.startsWith('ResourceExhausted'));
    const logged = others.length === 0 ? [] : [first, second].flatMap((server) => server.errors);
    expect({ others, logged }).toEqual({ others: [], logged: [] });
    const admitted = outcomes.filter((outcome) => outcome === 'ok').length;
    expect(admitted).toBeGreaterThanOrEqual(BURST);
    expect(admitted).toBeLessThanOrEqual(BURST + perSecond * seconds);
    expect(admitted).toBeLessThan(outcomes.length);
  });
});

/** What a client that watches health is told, first and last. */
function lastHealthOf(server: ServerProcess): { serving: Promise<void>; last: Promise<Status | undefined> } {
  let last: Status | undefined;
  const { promise: serving, resolve } = Promise.withResolvers<void>();
  const watch = async (): Promise<Status | undefined> => {
    const client = createClient(Health, createGrpcTransport({ baseUrl: server.url }));
    try {
      for await (const { status } of client.watch({})) {
        last = status;
        resolve();
      }
    } catch {
      // It is let go when the server stops.
    }
    return last;
  };
  return { serving, last: watch() };
}

async function stored(roleIds: readonly string[]): Promise<number> {
  const [row] = await arranger.database.query<{ count: number }>(
    'select count(*)::int as count from role where id::text = any ($1)',
    [roleIds],
  );
  return row?.count ?? 0;
}
