import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { clientId, clientSecret, type OidcProvider, startOidcProvider } from '../support/oidc-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const appUrl = 'https://app.example/signed-in';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let s: TestServer;
let cast: Cast;
let provider: OidcProvider;
let connection: Connection;
let foreign: Connection;
/** Of Acme as well, and in nobody's use. */
let beside: Connection;

beforeAll(async () => {
  provider = await startOidcProvider();
  provider.discovery = { end_session_endpoint: `${provider.issuer}/bye` };
  s = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: provider.host,
      SSO_TRUSTED_DOMAINS: 'acme.example,other.example',
      SSO_REDIRECT_URIS: appUrl,
      ANONYMOUS_RATE_LIMIT_PER_SECOND: '1',
      ANONYMOUS_RATE_LIMIT_BURST: '20',
    },
  });
  cast = await seedCast(s);
  connection = await connect(cast.alice, 'acme.example', clientId);
  // At the same provider, as another client.
  foreign = await connect(cast.mallory, 'other.example', 'theirs');
  beside = await newConnection(cast.alice, 'beside');
});

afterAll(async () => {
  await s?.stop();
  await provider?.stop();
});

async function connect(admin: Actor, domain: string, id: string): Promise<Connection> {
  const domains = admin.client(DomainService);
  await domains.addDomain({ name: domain });
  await domains.verifyDomain({ name: domain });
  const { id: connectionId } = await newConnection(admin, id);
  const active = { connectionId, state: ConnectionState.ACTIVE };
  return (await admin.client(ConnectionService).updateConnection(active)).connection!;
}

async function newConnection(admin: Actor, id: string): Promise<Connection> {
  const made = await admin.client(ConnectionService).createConnection({
    name: 'OpenID',
    settings: { case: 'oidc', value: { issuer: provider.issuer, clientId: id, clientSecret } },
    provisioning: { createMembers: true },
  });
  return made.connection!;
}

/** So that the limit of addresses is not what refuses. */
async function rest(milliseconds = 5000): Promise<void> {
  provider.aheadMs += milliseconds;
  await s.travel(milliseconds);
}

interface Begun {
  code: string;
  codeVerifier: string;
}

async function logIn(sub: string, sid?: string): Promise<Begun> {
  await rest();
  const codeVerifier = randomBytes(32).toString('base64url');
  const { url } = await s.client(SsoSignInService).startSsoSignIn({
    hint: { case: 'email', value: 'anybody@acme.example' },
    redirectUri: appUrl,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  });
  const back = provider.signIn(url, { sub, email: `${sub}@acme.example`, ...(sid && { sid }) });
  const answer = await fetch(`${s.url}${back.pathname}${back.search}`, { redirect: 'manual' });
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
  return { code, codeVerifier };
}

async function signIn(sub: string, sid?: string): Promise<TokenPair> {
  const { tokens } = await s.client(SsoSignInService).exchangeSsoCode(await logIn(sub, sid));
  return tokens!;
}

async function isSignedIn({ accessToken }: TokenPair): Promise<boolean> {
  const client = s.client(AuthService, { authorization: `Bearer ${accessToken}` });
  return client.listSessions({}).then(
    () => true,
    () => false,
  );
}

async function expectOver(tokens: TokenPair): Promise<void> {
  await eventually('the session is over', async () => !(await isSignedIn(tokens)), 2000);
  await expect(s.client(AuthService).refreshToken({ refreshToken: tokens.refreshToken })).rejects.toThrow();
}

/** What a logout token says; what is undefined is not in it. */
function claims(changes: Record<string, unknown> = {}): JWTPayload {
  const nowS = Math.floor((Date.now() + provider.aheadMs) / 1000);
  const usual = {
    iss: provider.issuer,
    aud: clientId,
    iat: nowS,
    exp: nowS + 120,
    jti: randomBytes(8).toString('hex'),
    events: { [EVENT]: {} },
  };
  return JSON.parse(JSON.stringify({ ...usual, ...changes })) as JWTPayload;
}

function seconds(offset: number): number {
  return Math.floor((Date.now() + provider.aheadMs) / 1000) + offset;
}

function bring(token: string, to = connection): Promise<Response> {
  return post(new URLSearchParams({ logout_token: token }), to);
}

function post(body: string | URLSearchParams, to = connection): Promise<Response> {
  const { pathname } = new URL(to.oidcBackchannelLogoutUri);
  return fetch(`${s.url}${pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
  });
}

async function sign(changes: Record<string, unknown>, header?: { kid?: string; typ?: string }) {
  return provider.sign(claims(changes), header);
}

describe('a logout token is refused, and ends nothing', () => {
  const sub = 'victim';
  let session: TokenPair;

  beforeAll(async () => {
    session = await signIn(sub, 'victims-session');
  });

  afterAll(async () => {
    expect(await isSignedIn(session)).toBe(true);
    // It is what was wrong that was refused.
    expect((await bring(await sign({ sub }))).status).toBe(200);
    await expectOver(session);
  });

  async function expectRefused(answer: Response, reason: string): Promise<void> {
    expect(answer.status).toBe(400);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ error: 'invalid_request' });
    const last = s.logLines().findLast(({ msg }) => msg === 'logout token refused');
    expect(last).toMatchObject({ connectionId: connection.id, reason });
    await rest();
  }

  test.each<[string, Record<string, unknown>, string]>([
    ['of another issuer', { iss: 'https://evil.example' }, 'invalid_token'],
    ['for another client', { aud: 'theirs' }, 'invalid_token'],
    ['for nobody', { aud: undefined }, 'invalid_token'],
    ['that has ended', { exp: -1 }, 'invalid_token'],
    ['that never ends', { exp: undefined }, 'invalid_token'],
    ['without a time', { iat: undefined }, 'invalid_token'],
    ['with a nonce, as ID tokens have', { nonce: 'n' }, 'claims'],
    ['with an empty nonce', { nonce: null }, 'claims'],
    ['without an event', { events: undefined }, 'claims'],
    ['with another event', { events: { 'http://evil.example': {} } }, 'claims'],
    ['with an event that is none', { events: { [EVENT]: 'yes' } }, 'claims'],
    ['without an id', { jti: undefined }, 'claims'],
    ['that names nobody', { sub: undefined }, 'claims'],
    ['that names somebody empty', { sub: '' }, 'claims'],
    ['that names several', { sub: [sub] }, 'claims'],
  ])('%s', async (_what, changes, reason) => {
    const exp = changes['exp'] === -1 ? seconds(-120) : undefined;
    const token = await sign({ sub, ...changes, ...(exp && { exp }) });
    await expectRefused(await bring(token), reason);
  });

  test('that is older than any we would remember, or from the future', async () => {
    await expectRefused(
      await bring(await sign({ sub, iat: seconds(-720), exp: seconds(7200) })),
      'invalid_token',
    );
    await expectRefused(
      await bring(await sign({ sub, iat: seconds(600), exp: seconds(900) })),
      'invalid_token',
    );
  });

  test('that nobody signed, or somebody else', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const bytes = new TextEncoder().encode(clientSecret.padEnd(32, ' '));
    const genuine = await sign({ sub });
    const [header = '', , signature = ''] = genuine.split('.');
    const other = Buffer.from(JSON.stringify(claims({ sub }))).toString('base64url');
    for (const token of [
      new UnsecuredJWT(claims({ sub })).encode(),
      await new SignJWT(claims({ sub })).setProtectedHeader({ alg: 'HS256' }).sign(bytes),
      await new SignJWT(claims({ sub })).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
      await new SignJWT(claims({ sub }))
        .setProtectedHeader({ alg: 'RS256', kid: 'made-up' })
        .sign(privateKey),
      `${header}.${other}.${signature}`,
      `${header}.${other}.`,
    ]) {
      await expectRefused(await bring(token), 'invalid_token');
    }
  });

  test('that is a token for something else', async () => {
    await expectRefused(await bring(await sign({ sub }, { typ: 'at+jwt' })), 'invalid_token');
    await signIn('somebody-else');
    await expectRefused(await bring(provider.lastIdToken), 'claims');
  });

  test('which is garbage, too long, not there, or there twice', async () => {
    const genuine = await sign({ sub });
    await expectRefused(await bring('a.b.c'), 'invalid_token');
    await expectRefused(await bring(await sign({ sub, padding: 'x'.repeat(20_000) })), 'no_token');
    await expectRefused(await post(''), 'no_token');
    await expectRefused(await post(`logout_token=${genuine}&logout_token=${genuine}`), 'no_token');
    expect((await post(`logout_token=${'x'.repeat(2_000_000)}`)).status).toBe(413);
  });

  test('which belongs to another connection', async () => {
    await expectRefused(await bring(await sign({ sub, aud: 'theirs' })), 'invalid_token');
    expect((await bring(await sign({ sub }), foreign)).status).toBe(400);
    // At its own door it is heard, and has no say about people who came through another.
    const sid = 'victims-session';
    for (const named of [{ sub }, { sub, sid }, { sub: undefined, sid }]) {
      expect((await bring(await sign({ ...named, aud: 'theirs' }), foreign)).status).toBe(200);
      expect((await bring(await sign({ ...named, aud: 'beside' }), beside)).status).toBe(200);
    }
    const nowhere = {
      ...connection,
      oidcBackchannelLogoutUri: connection.oidcBackchannelLogoutUri.replace(
        /[0-9a-f]{12}\//,
        '000000000000/',
      ),
    };
    expect((await bring(await sign({ sub }), nowhere)).status).toBe(404);
  });

  test('that was used before', async () => {
    const token = await sign({ sub: 'leaver' });
    const first = await signIn('leaver');
    expect((await bring(token)).status).toBe(200);
    await expectOver(first);
    const again = await signIn('leaver');
    await expectRefused(await bring(token), 'replayed');
    expect(await isSignedIn(again)).toBe(true);
    const twice = await sign({ sub: 'leaver' });
    const answers = await Promise.all([bring(twice), bring(twice), bring(twice)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    await expectOver(again);
  });

  test('that was used before, as long as it could be used', async () => {
    const token = await sign({ sub: 'leaver', exp: seconds(900) });
    expect((await bring(token)).status).toBe(200);
    await rest(9 * 60_000);
    // Each beginning of a login takes away what is past its time.
    const again = await signIn('leaver');
    await expectRefused(await bring(token), 'replayed');
    expect(await isSignedIn(again)).toBe(true);
  });
});

describe('the provider signs people out', () => {
  test('of all their sessions, and nobody else', async () => {
    const [first, second, other] = [
      await signIn('anna', 'a1'),
      await signIn('anna', 'a2'),
      await signIn('ben', 'b1'),
    ];
    const answer = await bring(await sign({ sub: 'anna' }, { typ: 'logout+jwt' }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await Promise.all([expectOver(first), expectOver(second)]);
    expect(await isSignedIn(other)).toBe(true);
  });

  test.each<[string, Record<string, unknown>]>([
    ['by its name', { sid: 'one' }],
    ['by its name and theirs', { sub: 'carl', sid: 'one' }],
  ])('of one session, %s', async (_how, named) => {
    const [one, two, other] = [
      await signIn('carl', 'one'),
      await signIn('carl', 'two'),
      await signIn('dora', 'three'),
    ];
    expect((await bring(await sign({ sub: 'dora', sid: 'one' }))).status).toBe(200);
    expect(await isSignedIn(one)).toBe(true);
    expect((await bring(await sign(named))).status).toBe(200);
    await expectOver(one);
    expect(await isSignedIn(two)).toBe(true);
    expect(await isSignedIn(other)).toBe(true);
  });

  test('of a session that is about to begin', async () => {
    for (const named of [{ sub: 'early' }, { sid: 'early-1' }]) {
      const begun = await logIn('early', 'early-1');
      expect((await bring(await sign(named))).status).toBe(200);
      await expect(s.client(SsoSignInService).exchangeSsoCode(begun)).rejects.toThrow('wrong, was used');
    }
  });

  test('with a key that it has only now; strangers’ keys it is asked for now and then', async () => {
    const session = await signIn('keyed');
    await provider.rotate();
    const before = provider.fetches.keys;
    expect((await bring(await sign({ sub: 'keyed' }))).status).toBe(200);
    await expectOver(session);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await bring(await sign({ sub: 'keyed' }, { kid: `made-up-${attempt}` }))).status).toBe(400);
    }
    expect(provider.fetches.keys - before).toBe(1);
    await rest(15_000);
  });

  test('many at once; only who brings what is refused is limited', async () => {
    for (let brought = 0; brought < 50; brought += 1) {
      expect((await bring(await sign({ sub: `nobody-${brought}` }))).status).toBe(200);
    }
    const statuses: number[] = [];
    for (let brought = 0; brought < 25; brought += 1) statuses.push((await bring('garbage')).status);
    expect(statuses.slice(0, 15)).toEqual(Array(15).fill(400));
    expect(statuses.at(-1)).toBe(429);
    await rest(30_000);
  });
});

describe('signing out here leads to the provider', () => {
  function startSignOut({ accessToken }: TokenPair) {
    return s.client(SsoSignInService, { authorization: `Bearer ${accessToken}` }).startSsoSignOut({});
  }

  test('which hears who it is, and sends the browser to a page of ours', async () => {
    const session = await signIn('goer');
    const { url } = await startSignOut(session);
    await expectOver(session);
    const { origin, pathname, searchParams } = new URL(url);
    expect(`${origin}${pathname}`).toBe(`${provider.issuer}/bye`);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: clientId,
      id_token_hint: provider.lastIdToken,
      post_logout_redirect_uri: connection.oidcPostLogoutRedirectUri,
    });
    const page = await fetch(`${s.url}${new URL(connection.oidcPostLogoutRedirectUri).pathname}`);
    expect(await page.text()).toContain('You are signed out');
  });

  test('with a token that nobody can read in the meantime', async () => {
    await signIn('kept');
    const [, payload = ''] = provider.lastIdToken.split('.');
    const rows = await s.database.query('select * from sso_login');
    const stored = JSON.stringify(rows, (_key, value: unknown) =>
      Buffer.isBuffer(value) ? value.toString('latin1') : value,
    );
    expect(stored).toContain('kept@acme.example');
    expect(stored).not.toContain(payload);
  });

  test.each<[string, Record<string, unknown>]>([
    ['takes nobody', {}],
    ['names a place that is none', { end_session_endpoint: 'javascript:alert(1)' }],
    ['is not to be understood', { issuer: 'https://somebody.else' }],
  ])('nowhere when it %s, and the session ends all the same', async (_what, discovery) => {
    const session = await signIn('stuck');
    const before = provider.discovery;
    provider.discovery = discovery;
    await rest(6 * 60_000);
    expect((await startSignOut(session)).url).toBe('');
    await expectOver(session);
    provider.discovery = before;
    await rest(6 * 60_000);
  });
});
