import { createHash, randomBytes } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { type Cast, seedCast } from '../support/cast.js';
import {
  clientId,
  clientSecret,
  type OidcProvider,
  type Spoil,
  startOidcProvider,
} from '../support/oidc-provider.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const appUrl = 'https://app.example/signed-in';

let s: TestServer;
let cast: Cast;
let provider: OidcProvider;
let elsewhere: OidcProvider;
let connection: Connection;

beforeAll(async () => {
  [provider, elsewhere] = await Promise.all([startOidcProvider(), startOidcProvider()]);
  s = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: `${provider.host},${elsewhere.host}`,
      SSO_TRUSTED_DOMAINS: 'acme.example',
      SSO_REDIRECT_URIS: appUrl,
    },
  });
  cast = await seedCast(s);
  const domains = cast.alice.client(DomainService);
  await domains.addDomain({ name: 'acme.example' });
  await domains.verifyDomain({ name: 'acme.example' });
  const connections = cast.alice.client(ConnectionService);
  const created = await connections.createConnection({
    name: 'OpenID',
    settings: { case: 'oidc', value: { issuer: provider.issuer, clientId, clientSecret } },
    provisioning: {
      createMembers: true,
      roleMappings: [{ group: 'leads', roleId: cast.acme.roles.manager }],
    },
  });
  const active = await connections.updateConnection({
    connectionId: created.connection?.id,
    state: ConnectionState.ACTIVE,
  });
  connection = active.connection!;
});

beforeEach(() => {
  provider.discovery = {};
});

afterAll(async () => {
  await s?.stop();
  await Promise.all([provider?.stop(), elsewhere?.stop()]);
});

async function begin(): Promise<{ url: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const { url } = await s.client(SsoSignInService).startSsoSignIn({
    hint: { case: 'email', value: 'anybody@acme.example' },
    redirectUri: appUrl,
    state: 'client-state',
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
  });
  return { url, verifier };
}

function comeBack(url: URL): Promise<Response> {
  return fetch(`${s.url}${url.pathname}${url.search}`, { redirect: 'manual' });
}

function sentTo(response: Response): URLSearchParams {
  expect(response.status).toBe(303);
  return new URL(response.headers.get('location') ?? '').searchParams;
}

async function attempt(claims: Record<string, unknown>, spoil?: Spoil): Promise<URLSearchParams> {
  const { url } = await begin();
  return sentTo(await comeBack(provider.signIn(url, claims, spoil)));
}

async function lastLogin() {
  const { logins } = await cast.alice.client(ConnectionService).listLogins({ pagination: { pageSize: 1 } });
  return logins[0]!;
}

async function signIn(claims: Record<string, unknown>) {
  const { url, verifier } = await begin();
  const code = sentTo(await comeBack(provider.signIn(url, claims))).get('code') ?? '';
  const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier });
  return s.client(AuthService, { authorization: `Bearer ${tokens?.accessToken}` }).whoAmI({});
}

describe('an ID token is refused', () => {
  test.each<[string, Spoil, string, string]>([
    ['of another issuer', { issuer: 'https://evil.example' }, 'token_issuer', '(iss)'],
    ['for another client', { audience: 'somebody-else' }, 'token_audience', '(aud)'],
    ['with another nonce', { nonce: 'replayed' }, 'token_nonce', '(nonce)'],
    ['that has ended', { expiresInS: -120 }, 'token_expired', '(exp)'],
    ['signed by a stranger', { strangeKey: true }, 'token_signature', ''],
    ['without a signature', { algorithm: 'none' }, 'token_algorithm', ''],
  ])('%s', async (_what, spoil, reason, told) => {
    const sent = await attempt({ sub: 'u1', email: 'u1@acme.example', email_verified: true }, spoil);
    expect(sent.get('error')).toBe('access_denied');
    expect(sent.get('code')).toBeNull();
    expect(await lastLogin()).toMatchObject({
      outcome: LoginOutcome.REFUSED,
      reason,
      detail: expect.stringContaining(told),
      email: '',
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'with an address of others',
      { email: 'alice@gmail.example', email_verified: true },
      'domain_not_proven',
    ],
    [
      'whose address is not verified',
      { email: 'eve@acme.example', email_verified: false },
      'email_not_verified',
    ],
    ['without an address', { name: 'Nobody' }, 'no_email'],
    ['for a name with NUL', { sub: 'u\0', email: 'u2@acme.example' }, 'invalid_token'],
    ['for a name with half a character', { sub: 'u\ud800', email: 'u2@acme.example' }, 'invalid_token'],
    ['for a session of an endless name', { sid: 's'.repeat(513), email: 'u2@acme.example' }, 'invalid_token'],
  ])('%s', async (_what, claims, reason) => {
    expect((await attempt({ sub: 'u2', ...claims })).get('error')).toBe('access_denied');
    expect(await lastLogin()).toMatchObject({ outcome: LoginOutcome.REFUSED, reason });
  });
});

describe('an answer is refused', () => {
  test('with a state that is unknown, used, or of another connection', async () => {
    const { url } = await begin();
    const back = provider.signIn(url, { sub: 'u3', email: 'u3@acme.example' });
    const forged = new URL(back);
    forged.searchParams.set('state', 'made-up');
    expect((await comeBack(forged)).status).toBe(403);
    expect((await lastLogin()).reason).toBe('unknown_request');
    const [first, second] = await Promise.all([comeBack(back), comeBack(back)]);
    const codes = [first, second].filter(({ headers }) => headers.get('location')?.includes('code='));
    expect(codes).toHaveLength(1);
  });

  test('when the provider refused', async () => {
    const { url } = await begin();
    const back = provider.signIn(url, {});
    const refused = new URL(back);
    refused.searchParams.delete('code');
    refused.searchParams.set('error', 'access_denied');
    refused.searchParams.set('error_description', 'not assigned');
    const trades = provider.trades;
    expect(sentTo(await comeBack(refused)).get('error')).toBe('access_denied');
    const detail: unknown = expect.stringContaining('not assigned');
    expect(await lastLogin()).toMatchObject({ reason: 'provider_error', detail });
    expect(provider.trades).toBe(trades);
  });

  test('and put on record, also when it says what no database keeps', async () => {
    const { url } = await begin();
    const back = provider.signIn(url, {});
    const refused = new URL(back);
    refused.searchParams.delete('code');
    refused.searchParams.set('error', 'access_denied');
    refused.searchParams.set('error_description', 'not\0 assigned');
    expect(sentTo(await comeBack(refused)).get('error')).toBe('access_denied');
    expect(await lastLogin()).toMatchObject({
      outcome: LoginOutcome.REFUSED,
      detail: expect.stringContaining('not assigned'),
    });
    const forged = new URL(back);
    forged.searchParams.set('state', 'made\0up');
    expect((await comeBack(forged)).status).toBe(403);
    expect((await lastLogin()).reason).toBe('unknown_request');
  });
});

describe('where each login has to be a new one', () => {
  const person = { sub: 'fresh', email: 'fresh@acme.example' };
  const force = (forceAuthn: boolean) =>
    cast.alice.client(ConnectionService).updateConnection({
      connectionId: connection.id,
      settings: { case: 'oidc', value: { issuer: provider.issuer, clientId, forceAuthn } },
    });
  const minutesAgo = (minutes: number) => Math.floor(Date.now() / 1000) - minutes * 60;
  const asked = async () => {
    const { searchParams } = new URL((await begin()).url);
    return [searchParams.get('prompt'), searchParams.get('max_age')];
  };

  beforeAll(() => force(true));

  test.each([
    ['an earlier one', { auth_time: minutesAgo(10) }, 'the last one was at 20'],
    ['one of an unknown time', {}, 'does not say when'],
  ])('%s is refused', async (_what, claims, told) => {
    expect((await attempt({ ...person, ...claims })).get('error')).toBe('access_denied');
    const [detail, advice] = [told, 'anew'].map((part): unknown => expect.stringContaining(part));
    expect(await lastLogin()).toMatchObject({ reason: 'stale_sign_in', detail, advice });
  });

  test('the provider is asked for it, and good when it says so; an earlier one is good elsewhere', async () => {
    expect(await asked()).toEqual(['login', '0']);
    expect((await signIn({ ...person, auth_time: minutesAgo(0) })).email).toBe(person.email);
    await force(false);
    expect(await asked()).toEqual([null, null]);
    expect((await signIn({ ...person, auth_time: minutesAgo(1440) })).email).toBe(person.email);
  });
});

describe('people come in as their providers describe them', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'Google',
      { sub: '1102', hd: 'acme.example', email: 'g@acme.example', email_verified: true, given_name: 'Grace' },
      'g@acme.example',
    ],
    [
      'Entra, which never says whether an address is verified',
      { sub: 'AAAA', oid: 'b2', tid: 't1', preferred_username: 'E@Acme.example', name: 'Edsger' },
      'e@acme.example',
    ],
    [
      'Okta',
      { sub: '00u1', email: 'o@acme.example', email_verified: true, groups: ['Everyone'] },
      'o@acme.example',
    ],
    [
      'Keycloak',
      { sub: 'f3', email: 'k@acme.example', email_verified: true, family_name: 'Knuth', sid: 's1' },
      'k@acme.example',
    ],
  ])('%s', async (_provider, claims, email) => {
    const self = await signIn(claims);
    expect(self).toMatchObject({ email, orgId: cast.acme.id });
    const { user } = await cast.alice.client(MemberService).getUser({ userId: self.userId });
    expect(user?.role?.slug).toBe('employee');
    // The same person at the next login.
    expect((await signIn(claims)).userId).toBe(self.userId);
  });

  test('without what no database keeps', async () => {
    const claims = { given_name: 'A\0da\ud800', 'x\0': ['\udc00', '\0'], family_name: '\0' };
    const self = await signIn({ sub: 'odd', email: 'odd@acme.example', ...claims });
    expect(self.name).toMatch(/^Ada/);
  });

  test('with the role of their group', async () => {
    const self = await signIn({ sub: 'lead', email: 'lead@acme.example', groups: ['leads'] });
    expect(self.role?.slug).toBe('manager');
  });

  test('by their subject, when their address changes', async () => {
    const before = await signIn({ sub: 'renamed', email: 'maiden@acme.example' });
    const after = await signIn({ sub: 'renamed', email: 'married@acme.example' });
    expect(after.userId).toBe(before.userId);
    // Whoever gets the old address later is somebody else.
    expect((await attempt({ sub: 'newcomer-of-old', email: 'maiden@acme.example' })).get('error')).toBeNull();
    const taken = await attempt({ sub: 'renamed', email: cast.erin.email });
    expect(taken.get('error')).toBe('access_denied');
    expect((await lastLogin()).reason).toBe('subject_taken');
  });

  test('after the provider has changed its keys', async () => {
    await provider.rotate();
    expect((await signIn({ sub: 'u9', email: 'u9@acme.example' })).email).toBe('u9@acme.example');
  });
});

describe('what a provider has said is kept', () => {
  const before = { document: 0, keys: 0, trades: 0 };

  beforeEach(async () => {
    // Whatever is known has ended.
    await travel();
    Object.assign(before, provider.fetches, { trades: provider.trades });
  });

  async function travel(): Promise<void> {
    const milliseconds = 6 * 60_000;
    provider.aheadMs += milliseconds;
    await s.travel(milliseconds);
  }

  function asked(): typeof before {
    const { document, keys } = provider.fetches;
    return {
      document: document - before.document,
      keys: keys - before.keys,
      trades: provider.trades - before.trades,
    };
  }

  test('so that a login costs it one request', async () => {
    for (const sub of ['kept-1', 'kept-2', 'kept-3']) await signIn({ sub, email: `${sub}@acme.example` });
    expect(asked()).toEqual({ document: 1, keys: 1, trades: 3 });
  });

  test('for a few minutes', async () => {
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    await travel();
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    expect(asked()).toEqual({ document: 2, keys: 2, trades: 2 });
  });

  test('but a new key is taken at once, and the former one is no good any more', async () => {
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    const { url } = await begin();
    const late = provider.signIn(url, { sub: 'kept-2', email: 'kept-2@acme.example' }, { strangeKey: true });
    await provider.rotate();
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    await provider.rotate();
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    expect(asked()).toEqual({ document: 1, keys: 3, trades: 3 });
    expect(sentTo(await comeBack(late)).get('error')).toBe('access_denied');
  });

  test('apart for each connection: what another organization’s says is nothing to this one', async () => {
    const theirs = await cast.mallory.client(ConnectionService).createConnection({
      name: 'OpenID',
      settings: { case: 'oidc', value: { issuer: provider.issuer, clientId: 'theirs', clientSecret } },
    });
    const evil = 'https://evil.example';
    provider.discovery = { authorization_endpoint: `${evil}/authorize`, jwks_uri: `${evil}/keys` };
    const { startTestLogin } = cast.mallory.client(ConnectionService);
    const { url } = await startTestLogin({ connectionId: theirs.connection?.id });
    expect(url).toContain(evil);
    provider.discovery = {};
    expect((await begin()).url).toMatch(provider.issuer);
    await signIn({ sub: 'kept-1', email: 'kept-1@acme.example' });
    // Theirs is as it was.
    expect((await startTestLogin({ connectionId: theirs.connection?.id })).url).toContain(evil);
  });

  test('not for a connection whose issuer or client was changed', async () => {
    const { updateConnection } = cast.alice.client(ConnectionService);
    const change = (issuer: string, id: string) =>
      updateConnection({
        connectionId: connection.id,
        settings: { case: 'oidc', value: { issuer, clientId: id } },
      });
    await begin();
    await change(elsewhere.issuer, clientId);
    expect((await begin()).url).toMatch(elsewhere.issuer);
    await change(provider.issuer, 'renamed');
    expect(new URL((await begin()).url).searchParams.get('client_id')).toBe('renamed');
    await change(provider.issuer, clientId);
  });
});

describe('a provider cannot be connected', () => {
  test('that names itself differently, or does not answer', async () => {
    const { createConnection } = cast.alice.client(ConnectionService);
    provider.discovery = { issuer: 'https://somebody.else' };
    for (const issuer of [provider.issuer, 'https://169.254.169.254', 'http://127.0.0.1:1', 'nonsense']) {
      const refusal = await refusalOf(
        createConnection({
          name: 'x',
          settings: { case: 'oidc', value: { issuer, clientId, clientSecret } },
        }),
      );
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['oidc.issuer'] });
    }
  });

  test('that cannot be used without its client: the secret is kept, and never shown', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { connection: made } = await connections.createConnection({
      name: 'x',
      settings: { case: 'oidc', value: { issuer: provider.issuer, clientId } },
    });
    const refusal = await refusalOf(
      connections.updateConnection({ connectionId: made?.id, state: ConnectionState.ACTIVE }),
    );
    expect(refusal).toMatchObject({ code: Code.FailedPrecondition, reason: 'CLIENT_MISSING' });
    const stored = await s.database.query('select sealed_client_secret, oidc from sso_connection');
    expect(JSON.stringify(stored)).not.toContain(clientSecret);
    const { connections: listed } = await connections.listConnections({});
    expect(listed.every(({ oidc }) => oidc?.clientSecret === '')).toBe(true);
    expect(connection.oidcRedirectUri).toBe(`https://dovecote.example/sso/oidc/${connection.id}/callback`);
  });
});
