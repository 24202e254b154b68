import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { Doors } from '../../src/platform/http/door/index.js';
import { eventually } from '../support/eventually.js';
import { type SsoWorld, startSsoWorld } from '../support/sso.js';
import { startTestServer } from '../support/test-server.js';

/** A plain route, with real ids in its path. */
interface Route {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly path: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const FLOOD = 8;
const methodsWithBody = ['POST', 'PUT', 'PATCH'];
/** What only the inside of the server knows. */
const inside =
  /node_modules|\bat .*\.[jt]s:\d|select .* from|insert into|relation |sqlstate|postgres|\[object/i;

let world: SsoWorld;
let token: string;
let session: string;
let routes: Route[];

beforeAll(async () => {
  world = await startSsoWorld();
  const { cast, connection, server } = world;
  const { secret } = await cast.alice
    .client(ScimService)
    .createScimToken({ connectionId: connection.id, name: 'Directory' });
  token = secret;
  const accessToken = cast.alice.headers.authorization.replace('Bearer ', '');
  session = `dovecote_token=${accessToken}; __Host-dovecote_token=${accessToken}`;
  routes = server.server.app
    .get(Doors)
    .routes.filter(({ method }) => ['GET', 'DELETE', ...methodsWithBody].includes(method))
    .map(({ method, url }) => ({ name: `${method} ${url}`, method, url, path: pathOf(url) }));
});
afterAll(() => world?.stop());

function pathOf(url: string): string {
  return url
    .replace(':connectionId', world.connection.id)
    .replace(/:[a-z]+/gi, () => randomUUID())
    .replace('*', 'Nothing');
}

const isScim = ({ url }: Route): boolean => url.startsWith('/scim/');
const isOfConnection = ({ url }: Route): boolean =>
  url.includes(':connectionId') && !url.endsWith('/signed-in') && !url.endsWith('/signed-out');

/** The credentials of an authorized sender; signing out would end the session that the other routes need. */
function credentialsFor(route: Route): Record<string, string> {
  if (isScim(route)) return { authorization: `Bearer ${token}` };
  const origin = 'https://dovecote.example';
  return route.url === '/sign-in/out' ? { origin } : { origin, cookie: session };
}

function bodyFor(route: Route): { headers: Record<string, string>; body?: string } {
  if (!methodsWithBody.includes(route.method)) return { headers: {} };
  return isScim(route)
    ? { headers: { 'content-type': 'application/scim+json' }, body: '{}' }
    : { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' };
}

async function send(
  base: string,
  { method, path }: Pick<Route, 'method' | 'path'>,
  init: { headers?: Record<string, string>; body?: string | Uint8Array; query?: string } = {},
): Promise<Answer> {
  const { query = '', headers, body } = init;
  const sent = { method, headers, body: body && Buffer.from(body), redirect: 'manual' as const };
  const response = await fetch(`${base}${path}${query}`, sent);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What every answer has to be, whatever was asked. */
function expectPlain(route: Route, { status, headers, text }: Answer, most = 499): void {
  const said = { route: route.name, status, id: headers.get('x-request-id'), text };
  expect(said).toMatchObject({ route: route.name, id: expect.stringMatching(/^[\w.:-]{1,64}$/) });
  // Honest answers in the five hundreds: not supported, and paused.
  if (![501, 503].includes(status)) expect({ ...said, ok: status <= most }).toMatchObject({ ok: true });
  if (status >= 400) expect({ ...said, leaks: inside.exec(text)?.[0] }).toMatchObject({ leaks: undefined });
}

const everywhere = async (each: (route: Route) => Promise<void>): Promise<void> => {
  await Promise.all(routes.map(each));
};

test('every plain route is called here', () => {
  const names = routes.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      'GET /',
      'GET /health',
      'GET /objects/:token',
      'POST /sign-in/code',
      'POST /sso/saml/:connectionId/acs',
      'PATCH /scim/v2/Users/:id',
    ]),
  );
});

test('a route that declares no door is found, and the server does not start with it', () => {
  const doors = world.server.server.app.get(Doors);
  expect(doors.defects()).toEqual([]);
  const other = fastify();
  doors.install(other);
  const known = doors.routes.length;
  other.post('/bare', () => 'anything');
  expect(doors.defects()).toEqual([expect.stringContaining('POST /bare declares no door')]);
  doors.routes.splice(known);
});

describe('an authorized sender:', () => {
  test('every route answers with the id of the request', () =>
    everywhere(async (route) => {
      const { headers, body } = bodyFor(route);
      const answer = await send(world.server.url, route, {
        headers: { ...headers, ...credentialsFor(route), 'x-request-id': 'theirs.1' },
        body,
      });
      expect([route.name, answer.headers.get('x-request-id')]).toEqual([route.name, 'theirs.1']);
      expectPlain(route, answer);
    }));
});

describe('garbage is refused by every route:', () => {
  test.each<[string, (route: Route) => Parameters<typeof send>[2]]>([
    [
      'a body of an unknown kind',
      () => ({ headers: { 'content-type': 'x/y' }, body: new Uint8Array([0, 255]) }),
    ],
    ['a body that is too large', (route) => ({ ...bodyFor(route), body: 'a'.repeat(1_100_000) })],
    ['a broken body', (route) => ({ ...bodyFor(route), body: '{"a":%zz&=&%00' })],
    ['parameters several times', () => ({ query: '?token=a&token=b&filter[]=x&next[a]=b&startIndex=-1' })],
    ['parameters that cannot be read', () => ({ query: '?token=%zz&%00=%F0%28' })],
    [
      'credentials of no kind',
      () => ({
        headers: {
          authorization: `Bearer ${'x'.repeat(5_000)}`,
          cookie: 'dovecote_token=%00;;=; a',
          origin: 'null',
          'x-forwarded-for': ',,"x"',
          'x-org-id': 'x',
        },
      }),
    ],
  ])('%s', (_what, garbage) =>
    everywhere(async (route) => {
      const init = garbage(route) ?? {};
      const body = methodsWithBody.includes(route.method) ? init.body : undefined;
      for (const credentials of [{}, credentialsFor(route)]) {
        const headers = { ...credentials, ...init.headers };
        expectPlain(route, await send(world.server.url, route, { ...init, headers, body }));
      }
    }),
  );
});

test('no answer repeats a foreign name of the server', () =>
  everywhere(async ({ method, path, ...route }) => {
    const { headers, body } = bodyFor({ method, path, ...route });
    const { port } = new URL(world.server.url);
    const said = await new Promise<string>((resolve, reject) => {
      const outgoing = request(
        {
          port,
          method,
          path,
          agent: false,
          headers: { ...headers, host: 'evil.example', 'x-forwarded-host': 'evil.example' },
        },
        (response) => {
          let text = JSON.stringify(response.headers);
          response.on('data', (chunk) => (text += String(chunk)));
          response.on('end', () => resolve(text));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    expect([route.name, said.includes('evil.example')]).toEqual([route.name, false]);
    expect([route.name, said.includes('x-request-id')]).toEqual([route.name, true]);
  }));

test('of an address that asks too much every route that counts is refused, in its own form', async () => {
  const limits = { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '3' };
  const env = { PUBLIC_URL: 'https://dovecote.example', ...limits };
  const limited = await startTestServer({ env, database: world.server.database });
  await everywhere(async (route) => {
    const counts = isScim(route) || route.url.startsWith('/sso/') || !['GET'].includes(route.method);
    const flood = Array.from({ length: FLOOD }, () => send(limited.url, route, bodyFor(route)));
    const answers = await Promise.all(flood);
    for (const answer of answers) expectPlain(route, answer);
    const refused = answers.find(({ status }) => status === 429);
    expect([route.name, refused !== undefined]).toEqual([route.name, counts]);
    if (!refused) return;
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const type = refused.headers.get('content-type') ?? '';
    const expected = isScim(route) ? 'scim+json' : route.url.endsWith('backchannel-logout') ? 'json' : 'html';
    expect([route.name, type.includes(expected)]).toEqual([route.name, true]);
  });
  await limited.stop();
});

describe('an organization that does not answer', () => {
  const set = async (what: string): Promise<void> => {
    const { id } = world.cast.acme;
    await world.server.database.query(`update organization set ${what} where id = $1`, [id]);
    await world.server.database.query(`select pg_notify('dovecote_revocation', $1)`, [`organization:${id}`]);
  };
  const heard = (status: number) =>
    eventually('the caches have heard of it', async () => {
      const headers = { authorization: `Bearer ${token}` };
      const users = await send(world.server.url, { method: 'GET', path: '/scim/v2/Users' }, { headers });
      return users.status === status;
    });
  const closed = async (what: string): Promise<Map<string, Answer>> => {
    await set(what);
    await heard(403);
    const answers = new Map<string, Answer>();
    await everywhere(async (route) => {
      const { headers, body } = bodyFor(route);
      const answer = await send(world.server.url, route, {
        headers: { ...headers, ...credentialsFor(route) },
        body,
      });
      expectPlain(route, answer);
      answers.set(route.name, answer);
    });
    await set('suspended_at = null, org_type = 1, expires_at = null');
    await heard(200);
    return answers;
  };
  const statusesOf = (answers: Map<string, Answer>, of: (route: Route) => boolean): Set<number> =>
    new Set(routes.filter(of).map(({ name }) => answers.get(name)?.status ?? 0));

  test('as it is suspended: directories are refused, signing in works', async () => {
    const answers = await closed('suspended_at = now()');
    expect(statusesOf(answers, isScim)).toEqual(new Set([403]));
    expect(answers.get('GET /scim/v2/Users')?.text).toContain('is suspended');
    expect(answers.get('GET /sso/saml/:connectionId/metadata')?.status).toBe(200);
    expect(answers.get('GET /setup/sso')?.text).toContain('is suspended');
  });

  test('as it has expired: nothing is known of it', async () => {
    const answers = await closed(`org_type = 2, expires_at = now() - interval '1 second'`);
    expect(statusesOf(answers, isScim)).toEqual(new Set([403]));
    expect(statusesOf(answers, isOfConnection)).toEqual(new Set([404]));
    expect(answers.get('GET /sso/saml/:connectionId/metadata')?.text).toContain('no such connection');
    expect(answers.get('GET /setup/sso')?.text).toContain('has ended');
  });
});

test('what is wrong with the server stands in its log, and in no answer', async () => {
  const { database, url, logLines } = world.server;
  await database.query('alter table sso_connection rename to hidden_connection');
  const failed: string[] = [];
  await everywhere(async (route) => {
    if (!isScim(route) && !isOfConnection(route)) return;
    const id = `failing.${failed.length}`;
    const { headers, body } = bodyFor(route);
    const answer = await send(url, route, {
      headers: { ...headers, ...credentialsFor(route), 'x-request-id': id },
      body,
    });
    expectPlain(route, answer, 500);
    if (answer.status === 500) {
      failed.push(route.name);
      expect(logLines()).toContainEqual(
        expect.objectContaining({ requestId: id, level: 50, reason: 'INTERNAL', msg: 'internal error' }),
      );
    }
  });
  await database.query('alter table hidden_connection rename to sso_connection');
  expect(failed).toEqual(expect.arrayContaining(['GET /scim/v2/Users', 'POST /sso/saml/:connectionId/acs']));
});
