import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Heartbeat } from '../../src/platform/worker/heartbeat.js';
import { JobsAtHand } from '../../src/platform/worker/jobs-at-hand.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let folder: string;
let s: TestServer;

beforeAll(async () => {
  // No other spec uses it: /health tells of the analytics engine in it, which another one may have just started.
  folder = await mkdtemp(join(tmpdir(), 'dovecote-http-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const status = async (path: string, init?: RequestInit): Promise<number> =>
  (await fetch(`${s.url}${path}`, init)).status;

describe('plain HTTP on the port of the RPCs', () => {
  test.each(['/nothing', '/.env', '/health/other', '/.well-known/openid-configuration', '/dev'])(
    'has nothing at %s',
    async (path) => {
      expect(await status(path)).toBe(404);
    },
  );

  test.each(['/health', '/.well-known/jwks.json', '/dev/mailbox'])('is read-only at %s', async (path) => {
    expect(await status(path, { method: 'POST' })).toBe(404);
    expect(await status(path, { method: 'DELETE' })).toBe(404);
  });

  test('says nothing about what serves it', async () => {
    const { headers } = await fetch(`${s.url}/nothing`);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });
});

describe('the id of a request', () => {
  const idOf = async (path: string, init?: RequestInit): Promise<string | null> =>
    (await fetch(`${s.url}${path}`, init)).headers.get('x-request-id');

  test.each(['/nothing', '/health', '/setup/sso', '/sso/saml/x/metadata', '/scim/v2/Users'])(
    'is in the answer of %s',
    async (path) => {
      expect(await idOf(path)).toMatch(/^[\w-]{36}$/);
      expect(await idOf(path, { headers: { 'x-request-id': 'theirs.1' } })).toBe('theirs.1');
      expect(await idOf(path, { headers: { 'x-request-id': '"><b>' } })).toMatch(/^[\w-]{36}$/);
    },
  );

  test.each(['/sso/saml/x/acs', '/scim/v2/Users', '/sign-in/code'])(
    'is in the answer of %s to a body that nobody reads',
    async (path) => {
      expect(await idOf(path, { method: 'POST', body: new Uint8Array([1]) })).toMatch(/^[\w-]{36}$/);
      const tooLong = { method: 'POST', body: new URLSearchParams({ a: 'a'.repeat(1_100_000) }) };
      expect(await idOf(path, tooLong)).toMatch(/^[\w-]{36}$/);
    },
  );

  test.each(['/%zz', `/sso/saml/${'x'.repeat(5_000)}/acs`])(
    'is in the answer of a path that nobody reads',
    async (path) => {
      expect(await idOf(path)).toMatch(/^[\w-]{36}$/);
      expect(await idOf(path, { headers: { 'x-request-id': 'theirs.2' } })).toBe('theirs.2');
      expect(await status(path)).toBeGreaterThanOrEqual(400);
      expect(await status(path)).toBeLessThan(500);
    },
  );

  test('is in the log, also of the call that the setup page makes', async () => {
    const headers = { 'x-request-id': 'find-me', cookie: 'dovecote_token=a.b.c' };
    await fetch(`${s.url}/setup/sso`, { headers });
    expect(s.logLines()).toContainEqual(
      expect.objectContaining({ requestId: 'find-me', method: '/dovecote.auth.v1.AuthService/WhoAmI' }),
    );
  });
});

test('what is not there leaves no line: its path may be a key to what was', async () => {
  const headers = { 'x-request-id': 'not.there' };
  for (const path of ['/nothing?key=secret', '/objects/secret']) {
    expect(await status(path, { headers })).toBe(404);
  }
  expect(s.logLines().filter(({ requestId }) => requestId === 'not.there')).toEqual([]);
});

describe('a request that cannot be taken', () => {
  const path = '/sso/saml/x/acs';
  const linesOf = (requestId: string) => s.logLines().filter((line) => line.requestId === requestId);
  const noted = (reason: RegExp) =>
    expect.objectContaining({ level: 30, method: 'POST', path, reason: expect.stringMatching(reason) });

  test.each([
    ['of another kind', 415, 'application/octet-stream', 'a=b', /media type/i],
    ['too large', 413, 'application/x-www-form-urlencoded', 'a'.repeat(1_100_000), /too large/i],
  ])('as its body is %s is no error of the server', async (what, code, type, body, reason) => {
    const id = `refused.${code}`;
    const headers = { 'content-type': type, 'x-request-id': id };
    const response = await fetch(`${s.url}${path}?state=secret`, { method: 'POST', headers, body });
    expect([what, response.status]).toEqual([what, code]);
    expect(linesOf(id)).toEqual([noted(reason)]);
    expect(JSON.stringify(linesOf(id))).not.toContain('secret');
  });

  test('as its browser hangs up is none either', async () => {
    const id = 'hung.up';
    const head = [
      `POST ${path} HTTP/1.1`,
      'host: x',
      `x-request-id: ${id}`,
      'content-type: application/x-www-form-urlencoded',
      'content-length: 1000',
    ];
    const socket = connect(Number(new URL(s.url).port), '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\nSAMLResponse=`, () => socket.destroy());
    await eventually('it is noted', async () => linesOf(id).length > 0);
    expect(linesOf(id)).toEqual([noted(/aborted/)]);
  });
});

describe('the setup page', () => {
  test.each(['%00', '%0d%0ax: y', '%F0%9F%98%80', 'a%20b', '%zz', ''])(
    'asks whoever brings the cookie %j to sign in',
    async (value) => {
      const cookies = [`dovecote_token=${value}`, `dovecote_token=a.b.c; dovecote_organization=${value}`];
      for (const cookie of cookies) {
        const response = await fetch(`${s.url}/setup/sso`, { headers: { cookie } });
        // Without a cookie by way of the sign-in page.
        expect([200, 400]).toContain(response.status);
        expect(await response.text()).toContain('Send me a code');
      }
    },
  );
});

describe('health', () => {
  test.each([
    ['/health', { status: 'ok', workers: 'ok', analytics: 'ok' }],
    ['/health/live', { status: 'ok' }],
    ['/health/ready', { status: 'ok', workers: 'ok', analytics: 'ok' }],
  ])('%s answers ok', async (path, expected) => {
    const response = await fetch(`${s.url}${path}`);
    expect([response.status, await response.json()]).toEqual([200, expected]);
  });

  test('names a lane of jobs that no worker runs, although others run', async () => {
    const health = async (): Promise<unknown> => (await fetch(`${s.url}/health/ready`)).json();
    const heartbeat = s.server.app.get(Heartbeat, { strict: false });
    const [worker] = await s.database.query<{ id: string }>(
      `select worker_id as id from worker_heartbeat where lane = 'webhook'`,
    );
    // As a lane does it that fails, until it is started again.
    await heartbeat.end(worker!.id);
    expect(await health()).toEqual({
      ...{ status: 'degraded', analytics: 'ok' },
      workers: expect.stringMatching(/^no worker for webhook jobs since 20\d\d-/),
    });
    await heartbeat.begin(worker!.id, 'webhook', new JobsAtHand());
    expect(await health()).toEqual({ status: 'ok', workers: 'ok', analytics: 'ok' });
  });

  test('lives on without its database, and is not ready', async () => {
    const [{ name } = { name: '' }] = await s.database.query<{ name: string }>(
      'select current_database() as name',
    );
    await s.database.query(`alter database ${name} connection limit 0`);
    await s.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dovecote_app' and datname = $1`,
      [name],
    );
    await eventually('the server is not ready', async () => (await status('/health/ready')) === 503);
    expect(await status('/health/live')).toBe(200);
    await s.database.query(`alter database ${name} connection limit -1`);
    await eventually('the server is ready again', async () => (await status('/health/ready')) === 200);
  });
});

describe('the key set', () => {
  test('publishes two public keys and nothing private', async () => {
    const response = await fetch(`${s.url}/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2);
  });
});

describe('the mailbox of captured mail', () => {
  test('is there in development', async () => {
    const response = await fetch(`${s.url}/dev/mailbox?to=nobody@example.com`);
    expect([response.status, await response.json()]).toEqual([200, { mail: [] }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('is not there in production, where other machines reach it, nor when mail is really sent', async () => {
    const production = { ENVIRONMENT: 'production' };
    const everywhere = { HOST: '0.0.0.0' };
    const sending = { SMTP_URL: 'smtp://127.0.0.1:1' };
    for (const env of [production, everywhere, sending]) {
      const other = await startTestServer({ env, database: s.database });
      const { status: answer } = await fetch(`${other.url}/dev/mailbox?to=nobody@example.com`);
      await other.stop();
      expect(answer).toBe(404);
    }
  });
});
