import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { ConnectionService, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { type OidcWorld, startOidcWorld } from '../support/oidc.js';
import { clientId, clientSecret, type OidcProvider, type Spoil } from '../support/oidc-provider.js';
import { refusalOf } from '../support/refusal.js';

let world: OidcWorld;
let provider: OidcProvider;

beforeAll(async () => {
  world = await startOidcWorld();
  ({ provider } = world);
});

beforeEach(async () => {
  provider.discovery = {};
  provider.userInfo = undefined;
  await world.forgetProvider();
});

afterAll(async () => {
  await world?.stop();
});

async function refusedFor(claims: Record<string, unknown>, spoil?: Spoil) {
  expect((await world.attempt(claims, spoil)).get('error')).toBe('access_denied');
  const login = await world.lastLogin();
  expect(login.outcome).toBe(LoginOutcome.REFUSED);
  return login;
}

async function map(group: string, role: 'manager' | 'admin'): Promise<void> {
  await world.cast.alice.client(ConnectionService).updateConnection({
    connectionId: world.connection.id,
    provisioning: { createMembers: true, roleMappings: [{ group, roleId: world.cast.acme.roles[role] }] },
  });
}

describe('what the ID token does not say', () => {
  test.each(['plain', 'signed'])('is asked for at userinfo: %s', async (form) => {
    await map('leads', 'manager');
    const sub = `thin-${form}`;
    const claims = { sub, email: `${sub}@acme.example`, given_name: 'Thin', groups: ['leads'] };
    provider.userInfo = async () =>
      form === 'plain'
        ? { body: claims }
        : {
            type: 'application/jwt',
            body: await provider.sign({ ...claims, iss: provider.issuer, aud: clientId }),
          };
    const self = await world.signIn({ sub });
    expect(self).toMatchObject({ email: claims.email, name: 'Thin' });
    expect(self.role?.slug).toBe('manager');
  });

  test('is refused about somebody else, and not verified', async () => {
    const email = 'victim@acme.example';
    provider.userInfo = () => ({ body: { sub: 'victim', email } });
    expect((await refusedFor({ sub: 'mallory' })).reason).toBe('userinfo');
    provider.userInfo = () => ({ body: { sub: 'mallory', email, email_verified: 'false' } });
    expect((await refusedFor({ sub: 'mallory' })).reason).toBe('email_not_verified');
    // Nor does what the token says of another address count for this one.
    provider.userInfo = () => ({ body: { sub: 'mallory', email, email_verified: false } });
    expect((await refusedFor({ sub: 'mallory', email_verified: true })).reason).toBe('email_not_verified');
  });

  test('is refused when it is signed by a stranger', async () => {
    const stranger = { sub: 'u', email: 'u@acme.example' };
    provider.userInfo = async () => {
      const signed = await provider.sign(stranger, { kid: 'unknown' });
      return { type: 'application/jwt', body: signed };
    };
    expect(await refusedFor({ sub: 'u' })).toMatchObject({ reason: 'userinfo', email: '' });
  });

  test('is missed by who needs it: an address, and not a name', async () => {
    provider.userInfo = () => ({ status: 500, body: {} });
    const refused = await refusedFor({ sub: 'silent' });
    expect(refused).toMatchObject({ reason: 'userinfo_unreachable', detail: expect.stringContaining('500') });
    expect((await world.signIn({ sub: 'nameless', email: 'nameless@acme.example' })).userId).not.toBe('');
  });

  test('leaves the role as it is when nobody can say what the groups are', async () => {
    await map('leads', 'manager');
    const claims = { sub: 'kept', email: 'kept@acme.example' };
    expect((await world.signIn({ ...claims, groups: ['leads'] })).role?.slug).toBe('manager');
    provider.userInfo = () => ({ status: 503, body: {} });
    await world.forgetProvider();
    expect((await world.signIn(claims)).role?.slug).toBe('manager');
    expect((await world.lastLogin()).detail).toContain('userinfo');
  });
});

describe('an address', () => {
  test.each([false, 'false', 0, 1, '', null, 'TRUE', [true], {}])(
    'is not verified by %j',
    async (email_verified) => {
      const claims = { sub: 'unverified', email: 'unverified@acme.example', email_verified };
      expect((await refusedFor(claims)).reason).toBe('email_not_verified');
    },
  );

  test.each([true, 'true', undefined])('is good with %j', async (email_verified) => {
    const email = `verified-${String(email_verified)}@acme.example`;
    expect((await world.signIn({ sub: email, email, email_verified })).email).toBe(email);
  });
});

describe('the role', () => {
  test('goes with the group that gave it, and what somebody else gave stays', async () => {
    await map('leads', 'manager');
    const claims = { sub: 'moves', email: 'moves@acme.example' };
    const roleOf = async (groups?: unknown) =>
      (await world.signIn({ ...claims, ...(groups !== undefined && { groups }) })).role?.slug;
    expect(await roleOf([' leads '])).toBe('manager');
    expect(await roleOf(['others'])).toBe('employee');
    expect(await roleOf(['leads'])).toBe('manager');
    expect(await roleOf()).toBe('employee');
    const { userId } = await world.signIn(claims);
    const { alice, acme } = world.cast;
    await alice.client(MemberService).updateUserRole({ userId, roleId: acme.roles.manager });
    expect(await roleOf()).toBe('manager');
  });

  test.each<[string, Record<string, unknown>]>([
    ['hasgroups', { hasgroups: true }],
    [
      '_claim_names',
      { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://x' } } },
    ],
  ])(
    'stays where the provider withholds the groups (%s), and the trace says what to do',
    async (tag, said) => {
      await map('leads', 'manager');
      const claims = { sub: tag, email: `overage-${tag.slice(1)}@acme.example` };
      await world.signIn({ ...claims, groups: ['leads'] });
      expect((await world.signIn({ ...claims, ...said })).role?.slug).toBe('manager');
      const { detail } = await world.lastLogin();
      expect(detail).toContain('overage');
      expect(detail).toContain('assigned to this application');
    },
  );
});

describe('a refusal is told apart', () => {
  const person = { sub: 'u1', email: 'u1@acme.example' };

  test.each<[string, Spoil, string, string]>([
    ['token_issuer', { issuer: 'https://evil.example' }, 'https://evil.example', 'issuer'],
    ['token_audience', { audience: 'somebody-else' }, 'somebody-else', 'client id'],
    ['token_nonce', { nonce: 'replayed' }, '(nonce)', 'Start again'],
    ['token_expired', { expiresInS: -120 }, '(exp)', 'clocks'],
    ['token_signature', { strangeKey: true }, 'signature', 'key'],
    ['token_key', { keyId: 'nobody-knows' }, 'key', 'jwks_uri'],
    ['token_algorithm', { algorithm: 'none' }, 'alg', 'RS256'],
    [
      'client_refused',
      { answer: { status: 401, body: { error: 'invalid_client' } } },
      'invalid_client',
      'secret',
    ],
    [
      'code_refused',
      { answer: { status: 400, body: { error: 'invalid_grant' } } },
      'invalid_grant',
      'redirect',
    ],
    ['tokens_refused', { answer: { status: 400, body: { error: 'invalid_scope' } } }, 'invalid_scope', 'log'],
    ['endpoint_answer', { answer: { status: 502, body: 'Bad gateway' } }, '502', 'log'],
    ['endpoint_answer', { answer: { type: 'text/html', body: '<html>' } }, 'text/html', 'page'],
    ['no_id_token', { answer: { body: { access_token: 'a', token_type: 'Bearer' } } }, 'id_token', 'openid'],
    [
      'token_malformed',
      { answer: { body: { access_token: 'a', token_type: 'Bearer', id_token: 'a.b.c' } } },
      'decoded',
      'JWS',
    ],
  ])('%s', async (reason, spoil, told, advised) => {
    const login = await refusedFor(person, spoil);
    expect(login).toMatchObject({ reason, email: '' });
    expect(login.detail).toContain(told);
    expect(login.advice).toContain(advised);
  });

  test('also where an endpoint cannot be reached', async () => {
    provider.discovery = { token_endpoint: 'http://127.0.0.1:1/token' };
    const login = await refusedFor(person);
    expect(login).toMatchObject({
      reason: 'endpoint_unreachable',
      detail: expect.stringContaining('token_endpoint'),
    });
  });
});

describe('the client proves itself', () => {
  test.each<[unknown, string]>([
    [undefined, 'basic'],
    [['client_secret_basic'], 'basic'],
    [['client_secret_basic', 'client_secret_post'], 'form'],
    [['private_key_jwt', 'client_secret_post'], 'form'],
  ])('for a provider that takes %j', async (methods, form) => {
    provider.discovery = methods === undefined ? {} : { token_endpoint_auth_methods_supported: methods };
    await world.signIn({ sub: 'client', email: 'client@acme.example' });
    expect(provider.authentication).toBe(form);
  });
});

describe('a discovery document is refused', () => {
  test.each<[string, Record<string, unknown>]>([
    ['authorization_endpoint', { authorization_endpoint: undefined }],
    ['authorization_endpoint', { authorization_endpoint: 'javascript:alert(1)' }],
    ['authorization_endpoint', { authorization_endpoint: '/authorize' }],
    ['authorization_endpoint', { authorization_endpoint: 42 }],
    ['authorization_endpoint', { authorization_endpoint: 'https://a:b@idp.example/authorize' }],
    ['token_endpoint', { token_endpoint: undefined }],
    ['token_endpoint', { token_endpoint: 'file:///etc/passwd' }],
    ['jwks_uri', { jwks_uri: undefined }],
    ['jwks_uri', { jwks_uri: [] }],
    ['response_types_supported', { response_types_supported: ['id_token'] }],
    ['token_endpoint_auth_methods_supported', { token_endpoint_auth_methods_supported: ['tls_client_auth'] }],
    ['id_token_signing_alg_values_supported', { id_token_signing_alg_values_supported: ['HS256', 'none'] }],
  ])('for its %s: %j', async (name, discovery) => {
    provider.discovery = discovery;
    const { createConnection } = world.cast.alice.client(ConnectionService);
    const settings = { case: 'oidc', value: { issuer: provider.issuer, clientId, clientSecret } } as const;
    const refusal = await refusalOf(createConnection({ name: 'x', settings }));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['oidc.issuer'] });
    expect(refusal.message).toContain(name);
    // Nor does a provider that changes it later make a sign-in an error of ours.
    const start = world.server.client(SsoSignInService).startSsoSignIn({
      hint: { case: 'email', value: 'anybody@acme.example' },
      redirectUri: 'https://app.example/signed-in',
      codeChallenge: 'x'.repeat(43),
    });
    expect(await refusalOf(start)).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'PROVIDER_UNREACHABLE',
      message: expect.stringContaining(name),
    });
  });
});
