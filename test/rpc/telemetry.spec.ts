import { Code, createClient, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import parse, { type Metric } from 'parse-prometheus-text-format';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const token = 'scraper-of-the-spec';
let s: TestServer;
let cast: Cast;
let metricsUrl: string;

beforeAll(async () => {
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  s = await startTestServer({
    env: { METRICS_PORT: String(port), METRICS_TOKEN: token, LOG_LEVEL: 'info', ACCESS_LOG: 'on' },
  });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const authorized = { headers: { authorization: `Bearer ${token}` } };

async function scrape(): Promise<Metric[]> {
  const answer = await fetch(metricsUrl, authorized);
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  return parse(await answer.text());
}

/** The value of the series that has these labels; 0 where there is none. */
async function value(name: string, labels: Record<string, string> = {}): Promise<number> {
  const samples = (await scrape()).find((metric) => metric.name === name)?.metrics ?? [];
  const found = samples.find((sample) =>
    Object.entries(labels).every(([label, wanted]) => sample.labels?.[label] === wanted),
  );
  return Number(found?.value ?? 0);
}

/** How many calls of the method were timed: the parser keeps no labels of histograms. */
async function timings(method: string): Promise<number> {
  const text = await (await fetch(metricsUrl, authorized)).text();
  const found = text
    .split('\n')
    .find((line) => line.startsWith(`dovecote_rpc_duration_seconds_count{method="${method}"}`));
  return Number(found?.split(' ')[1] ?? 0);
}

const accessLines = () => s.logLines().filter(({ context }) => context === 'access');
const lineOf = (requestId: string) => accessLines().filter((line) => line.requestId === requestId);

describe('who may ask for the figures', () => {
  test('nobody on the public port', async () => {
    expect((await fetch(`${s.url}/metrics`, authorized)).status).toBe(404);
  });

  test.each([undefined, 'Bearer scraper-of-the-spex', 'Bearer', token])(
    'not with %j',
    async (authorization) => {
      const answer = await fetch(metricsUrl, { headers: authorization ? { authorization } : {} });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('dovecote_');
    },
  );

  test('and nothing but the figures is there', async () => {
    expect((await fetch(metricsUrl.replace('/metrics', '/health'), authorized)).status).toBe(404);
    expect((await fetch(metricsUrl, { ...authorized, method: 'POST' })).status).toBe(405);
  });
});

const protocols: [string, () => Transport][] = [
  ['connect', () => createConnectTransport({ baseUrl: s.url, httpVersion: '1.1', useBinaryFormat: false })],
  ['grpc', () => createGrpcTransport({ baseUrl: s.url })],
  ['grpc-web', () => createGrpcWebTransport({ baseUrl: s.url, httpVersion: '1.1' })],
];

describe.each(protocols)('over %s', (protocol, transport) => {
  const method = '/pidgr.v1.RoleService/ListRoles';
  const call = (requestId: string, headers: Record<string, string>) =>
    createClient(RoleService, transport()).listRoles(
      {},
      { headers: { 'x-request-id': requestId, ...headers } },
    );

  test('a good call is counted, timed and told of once', async () => {
    const before = await value('dovecote_rpc_calls_total', { method, code: 'ok', protocol });
    const timed = await timings(method);
    await call(`good-${protocol}`, cast.alice.headers);
    expect(await value('dovecote_rpc_calls_total', { method, code: 'ok', protocol })).toBe(before + 1);
    expect(await timings(method)).toBe(timed + 1);
    expect(lineOf(`good-${protocol}`)).toEqual([
      expect.objectContaining({
        level: 30,
        method,
        code: 'ok',
        protocol,
        caller: 'member',
        address: '127.0.0.1',
        durationMs: expect.any(Number),
      }),
    ]);
  });

  test('a refused one', async () => {
    const refusal = call(`refused-${protocol}`, { authorization: 'Bearer pidgr_k_nobody' });
    await expect(refusal).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect(await value('dovecote_rpc_calls_total', { method, code: 'unauthenticated', protocol })).toBe(1);
    expect(lineOf(`refused-${protocol}`)).toMatchObject([{ code: 'unauthenticated', caller: 'anonymous' }]);
  });

  test('a failing one', async () => {
    await s.database.query('alter table role rename to role_away');
    try {
      const failure = call(`failing-${protocol}`, cast.max.headers);
      await expect(failure).rejects.toMatchObject({ code: Code.Internal });
    } finally {
      await s.database.query('alter table role_away rename to role');
    }
    expect(await value('dovecote_rpc_calls_total', { method, code: 'internal', protocol })).toBe(1);
    expect(lineOf(`failing-${protocol}`)).toMatchObject([{ code: 'internal', protocol }]);
  });

  test('one whose deadline passes while its handler still waits, once', async () => {
    const told = `late-${protocol}`;
    await s.database.query('begin');
    await s.database.query('lock table role');
    try {
      const options = {
        headers: { 'x-request-id': told, ...cast.alice.headers },
        // Time enough to arrive: of a call that was over before there is no line.
        timeoutMs: 1_000,
      };
      const late = createClient(RoleService, transport()).listRoles({}, options);
      await expect(late).rejects.toMatchObject({ code: Code.DeadlineExceeded });
      // The client's deadline may pass before the server's: the handler waits until the server has noticed, too.
      const [line] = await eventually('its line', () =>
        Promise.resolve(lineOf(told).length > 0 && lineOf(told)),
      );
      expect(line?.code).toMatch(/^(deadline_exceeded|canceled)$/);
    } finally {
      await s.database.query('rollback');
    }
    await eventually('nothing is in flight', async () => (await value('dovecote_rpc_in_flight')) === 0);
    expect(lineOf(told)).toHaveLength(1);
  });
});

test('what is called and does not exist has one name, whatever it was called', async () => {
  for (const name of ['RoleService/Invented', 'Invented.Service/Call']) {
    await fetch(`${s.url}/pidgr.v1.${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  }
  await fetch(`${s.url}/no/such/page?secret=in-the-query`);
  await fetch(`${s.url}/v1/objects/not-a-download-that-exists`);
  const names = (await scrape()).flatMap(({ metrics }) =>
    metrics.flatMap((m) => Object.values(m.labels ?? {})),
  );
  expect(names.filter((name) => /Invented|such|secret|not-a-download/.test(name))).toEqual([]);
  expect(await value('dovecote_rpc_calls_total', { method: 'unknown' })).toBe(2);
  expect(await value('dovecote_http_requests_total', { route: 'unknown', status: '404' })).toBeGreaterThan(0);
  expect(JSON.stringify(accessLines())).not.toMatch(/in-the-query|not-a-download/);
});

test('no id of anybody is a label, and no token is in a line', async () => {
  await cast.kiosk.client(RoleService).listRoles({});
  const { text } = { text: await (await fetch(metricsUrl, authorized)).text() };
  for (const id of [cast.acme.id, cast.alice.userId, cast.kiosk.userId]) expect(text).not.toContain(id);
  const lines = JSON.stringify(accessLines());
  for (const { headers } of [cast.alice, cast.kiosk])
    expect(lines).not.toContain(headers.authorization.replace('Bearer ', ''));
});

test('jobs, mail, queue, workers, pool and process are told of', async () => {
  await s.client(AuthService).requestSignInCode({ email: cast.erin.email });
  const mails = async () => (await value('dovecote_mails_total', { outcome: 'captured' })) === 1;
  await eventually('the mail', mails);
  await eventually(
    'its job',
    async () => (await value('dovecote_jobs_total', { task: 'mail.send', outcome: 'done' })) === 1,
  );
  for (const lane of ['mail', 'campaign', 'webhook', 'background'])
    expect(await value('dovecote_workers', { lane })).toBe(1);
  const told = new Set((await scrape()).map(({ name }) => name));
  for (const name of [
    'dovecote_rpc_in_flight',
    'dovecote_queue_jobs',
    'dovecote_queue_oldest_seconds',
    'dovecote_job_duration_seconds',
    'dovecote_db_connections',
    'dovecote_db_waiting',
    'dovecote_campaign_deliveries_total',
    'nodejs_eventloop_lag_seconds',
    'process_resident_memory_bytes',
  ])
    expect(told).toContain(name);
  expect(await value('dovecote_rpc_in_flight')).toBe(0);
});

test('a job that waits and one that has failed for good are seen', async () => {
  await s.database.query(
    `select graphile_worker.add_job('spec.nobody_does_this', run_at := now() - interval '1 hour')`,
  );
  await eventually('it waits', async () => (await value('dovecote_queue_jobs', { state: 'ready' })) === 1);
  expect(await value('dovecote_queue_oldest_seconds')).toBeGreaterThan(3_500);
  // No other: schedules enqueue some every minute.
  await s.database.query(
    `update graphile_worker._private_jobs set attempts = max_attempts
      where task_id = (select id from graphile_worker._private_tasks where identifier = 'spec.nobody_does_this')`,
  );
  expect(await value('dovecote_queue_jobs', { state: 'failed' })).toBe(1);
  await eventually('none waits', async () => (await value('dovecote_queue_oldest_seconds')) === 0);
});

test('a limit that was met is counted by its kind', async () => {
  const port = await freePort();
  const limited = await startTestServer({
    database: s.database,
    env: {
      METRICS_PORT: String(port),
      ACCESS_LOG: 'off',
      ROLE: 'api',
      RATE_LIMIT_PER_SECOND: '1',
      RATE_LIMIT_BURST: '1',
    },
  });
  try {
    const client = limited.client(RoleService, { ...cast.kiosk.headers });
    await Promise.allSettled([client.listRoles({}), client.listRoles({}), client.listRoles({})]);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toMatch(/^dovecote_throttled_total\{limit="organization"\} [12]$/m);
    // On this one nobody wanted access lines.
    expect(limited.logLines().filter(({ context }) => context === 'access')).toEqual([]);
  } finally {
    await limited.stop();
  }
});
