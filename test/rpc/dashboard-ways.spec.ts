import { createHash } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService as DocumentedAuthService, OAuthProvider } from '@dovecote/contract/auth/v1/auth_pb';
import { CustomersService } from '@dovecote/contract/customers/v1/customers_pb';
import { CustomersService as DashboardCustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { OrgRole, OrgsService } from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { AuthService as OwnAuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { tokensTo } from '../support/magic-links.js';
import {
  clientId,
  clientSecret,
  type OidcProvider,
  type Spoil,
  startOidcProvider,
} from '../support/oidc-provider.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const callback = 'https://board.example/oauth/callback';
const nonce = 'a-nonce-of-the-dashboard';
const codeVerifier = 'v'.repeat(43);

let provider: OidcProvider;
let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  provider = await startOidcProvider();
  s = await startTestServer({
    env: {
      DASHBOARD_URL: 'https://board.example',
      DASHBOARD_OIDC_ISSUER: provider.issuer,
      DASHBOARD_OIDC_CLIENT_ID: clientId,
      DASHBOARD_OIDC_CLIENT_SECRET: clientSecret,
      DASHBOARD_OIDC_NAME: 'Company account',
      DASHBOARD_DEMO_EMAIL: 'demo@acme.example',
      OUTBOUND_ALLOWED_HOSTS: provider.host,
    },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await provider?.stop();
});

const as = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });

/** Signs in at the provider, as the dashboard asks it to, and answers the code. */
function codeOf(claims: Record<string, unknown>, spoil?: Spoil, asked = nonce): string {
  const url = new URL(`${provider.issuer}/authorize`);
  url.searchParams.set('redirect_uri', callback);
  url.searchParams.set('nonce', asked);
  url.searchParams.set('code_challenge', createHash('sha256').update(codeVerifier).digest('base64url'));
  return provider.signIn(url.toString(), claims, spoil).searchParams.get('code') ?? '';
}

const complete = (
  code: string,
  more: Partial<Record<'providerId' | 'redirectUri' | 'nonce' | 'codeVerifier', string>> = {},
) =>
  s.client(AuthService).completeOIDCSignIn({
    providerId: 'oidc',
    code,
    codeVerifier,
    redirectUri: callback,
    nonce,
    timezone: 'Europe/Paris',
    ...more,
  });
const ann = { sub: 'ann', email: 'Ann@Example.com', email_verified: true };

describe('a sign-in through the provider of the operator', () => {
  test('is offered with what a browser needs, and without the secret', async () => {
    const { providers } = await s.client(AuthService).getAuthConfig({});
    expect(providers).toMatchObject([
      { id: 'oidc', displayName: 'Company account', clientId, issuerUrl: provider.issuer },
    ]);
    expect(JSON.stringify(providers)).not.toContain(clientSecret);
  });

  test('is refused for a token that is not for this sign-in, in one way', async () => {
    const invalid = {
      code: Code.Unauthenticated,
      reason: 'OAUTH_CREDENTIAL_INVALID',
      message: 'oauth sign-in failed',
    };
    const spoils: Spoil[] = [
      { nonce: 'another-nonce-0123456789' },
      { audience: 'another-client' },
      { issuer: 'https://evil.example' },
      { expiresInS: -300 },
      { strangeKey: true },
      { algorithm: 'none' },
    ];
    for (const spoil of spoils) expect(await refusalOf(complete(codeOf(ann, spoil)))).toMatchObject(invalid);
    expect(await refusalOf(complete('x'))).toMatchObject(invalid);
    expect(await refusalOf(complete(codeOf(ann), { codeVerifier: 'w'.repeat(43) }))).toMatchObject(invalid);
    expect(await refusalOf(complete(codeOf(ann), { nonce: 'n'.repeat(16) }))).toMatchObject(invalid);
  });

  test('is refused for an address that the provider has not verified', async () => {
    for (const claims of [
      { ...ann, email_verified: false },
      { sub: 'x', email: ann.email },
      { sub: 'x', email_verified: true },
    ]) {
      const refused = await refusalOf(complete(codeOf(claims)));
      expect(refused).toMatchObject({ code: Code.InvalidArgument });
      expect(refused.message).toContain('not verified');
    }
  });

  test('redeems no code for another page or provider', async () => {
    const before = provider.trades;
    const elsewhere = await refusalOf(
      complete(codeOf(ann), { redirectUri: 'https://evil.example/oauth/callback' }),
    );
    expect(elsewhere).toMatchObject({ code: Code.InvalidArgument, fields: ['redirect_uri'] });
    expect(await refusalOf(complete(codeOf(ann), { providerId: 'google' }))).toMatchObject({
      code: Code.InvalidArgument,
      reason: 'OAUTH_PROVIDER_DISABLED',
    });
    expect(provider.trades).toBe(before);
    const documented = s
      .client(DocumentedAuthService)
      .signInWithOAuth({ provider: OAuthProvider.GOOGLE, credential: 'x' });
    expect(await refusalOf(documented)).toMatchObject({ code: Code.InvalidArgument });
  });

  test('founds one organization for a newcomer, twice at once, and a code works once', async () => {
    const code = codeOf(ann);
    const pairs = await Promise.all([complete(code), complete(codeOf(ann))]);
    const [me, again] = await Promise.all(
      pairs.map((pair) => s.client(DashboardCustomersService, as(pair)).getMe({})),
    );
    expect(me).toMatchObject({ email: 'ann@example.com' });
    expect(again?.customerId).toBe(me?.customerId);
    const rows = await s.database.query<{ zone: string }>(
      `select p.zone from member m join project p on p.org_id = m.org_id where m.email = 'ann@example.com'`,
    );
    expect(rows).toEqual([{ zone: 'Europe/Paris' }]);
    expect(await refusalOf(complete(code))).toMatchObject({ code: Code.Unauthenticated });
  });
});

describe('the demo account', () => {
  test('is open to anyone once it only reads, and then reads what a dashboard shows and does nothing', async () => {
    const demo = () => s.client(AuthService).demoSignIn({});
    expect(await refusalOf(demo())).toMatchObject({ code: Code.Unavailable });
    const { id: orgId } = cast.acme;
    const members = cast.alice.client(OrgsService);
    const { identityId: customerId } = await addMember(s, cast.acme, {
      email: 'demo@acme.example',
      role: 'manager',
    });
    for (const role of [OrgRole.ADMIN, OrgRole.MEMBER]) {
      expect(await refusalOf(demo())).toMatchObject({ code: Code.Unavailable });
      await members.updateMemberRole({ orgId, customerId, role });
    }
    expect(await refusalOf(demo())).toMatchObject({ code: Code.Unavailable });
    await members.updateMemberRole({ orgId, customerId, role: OrgRole.VIEWER });
    const pair = await demo();
    expect(pair.projectId).toBe(cast.site.id);
    await s.client(DashboardCustomersService, as(pair)).getMe({});
    const client = { ...as(pair), 'x-project-id': pair.projectId };
    // Admitted, whatever it is told about the question.
    expect((await refusalOf(s.client(InsightsService, client).query({}))).code).toBe(Code.InvalidArgument);
    const refused = await refusalsOf([
      s.client(OrganizationService, as(pair)).createOrganization({ name: 'Mine' }),
      s.client(OwnAuthService, as(pair)).listSessions({}),
      s.client(ActionService, as(pair)).submitAction({}),
      s.client(InboxService, as(pair)).sync({}),
      s.client(CustomersService, as(pair)).update({ name: 'Eve' }),
      s.client(DashboardCustomersService, as(pair)).setPassword({ password: 'correct horse' }),
    ]);
    for (const { code } of refused) expect(code).toBe(Code.PermissionDenied);
    const renewed = await s.client(AuthService).refreshSession({ refreshToken: pair.refreshToken });
    expect((await refusalOf(s.client(OwnAuthService, as(renewed)).listSessions({}))).code).toBe(
      Code.PermissionDenied,
    );
    await s.client(AuthService).signOut({ refreshToken: renewed.refreshToken });
  });
});

describe('a customer', () => {
  test('is a person of the same organization, and of no other', async () => {
    const list = await cast.alice.client(CustomersService).list({ orgId: cast.acme.id });
    const emails = list.customers.map(({ email }) => email);
    expect(emails).toContain(cast.alice.email);
    // Erin reads messages, and not analytics.
    expect(emails).not.toContain(cast.erin.email);
    expect(await refusalOf(cast.alice.client(CustomersService).list({ orgId: cast.other.id }))).toMatchObject(
      {
        code: Code.PermissionDenied,
      },
    );
    expect(await refusalOf(cast.erin.client(CustomersService).list({ orgId: cast.acme.id }))).toMatchObject({
      code: Code.PermissionDenied,
    });
    const get = (id: string) => cast.alice.client(CustomersService).get({ id });
    expect((await get('')).customer).toMatchObject({ id: cast.alice.identityId, email: cast.alice.email });
    for (const id of [cast.mallory.identityId, cast.erin.identityId, 'x']) {
      expect(await refusalOf(get(id))).toMatchObject({ code: Code.NotFound });
    }
  });

  test('changes name and picture everywhere, and refuses odd pictures', async () => {
    const own = cast.alice.client(CustomersService);
    const avatarUrl = 'https://cdn.example/alice.png';
    expect((await own.update({ name: 'Alice A.', avatarUrl })).customer).toMatchObject({
      name: 'Alice A.',
      avatarUrl,
    });
    for (const odd of ['http://cdn.example/a.png', 'javascript:alert(1)']) {
      expect(await refusalOf(own.update({ name: 'Eve', avatarUrl: odd }))).toMatchObject({
        code: Code.InvalidArgument,
        fields: ['avatar_url'],
      });
    }
    expect((await own.get({})).customer).toMatchObject({ name: 'Alice A.', avatarUrl });
  });
});

describe('the documented sign-in', () => {
  const documented = () => s.client(DocumentedAuthService);

  test('answers a sign-up with a mail, with and without an account, and keeps no password', async () => {
    const password = 'correct horse';
    const answers = [
      await documented().signUp({ email: 'new@example.com', password }),
      await documented().signUp({ email: cast.alice.email, password }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ emailSent: true, token: '', refreshToken: '' });
    expect(await s.database.query('select from password')).toEqual([]);
  });

  test('signs in by both steps of a link, and refreshes with the customer beside', async () => {
    const email = 'two-steps@example.com';
    expect(await documented().signInWithMagicLink({ step: { case: 'email', value: email } })).toMatchObject({
      emailSent: true,
      token: '',
    });
    const [token = ''] = await eventually('the link', async () => {
      const tokens = await tokensTo(s, email);
      return tokens.length > 0 && tokens;
    });
    const signedIn = await documented().signInWithMagicLink({ step: { case: 'token', value: token } });
    expect(signedIn.customer).toMatchObject({ email, emailVerified: true });
    const again = documented().signInWithMagicLink({ step: { case: 'token', value: token } });
    expect(await refusalOf(again)).toMatchObject({
      code: Code.InvalidArgument,
      message: 'invalid or expired link',
    });
    const { refreshToken } = signedIn;
    const renewed = await documented().refreshToken({ refreshToken });
    expect(renewed.customer).toMatchObject({ email });
    expect(await refusalOf(documented().refreshToken({ refreshToken }))).toMatchObject({
      code: Code.Unauthenticated,
      message: 'session expired',
    });
  });
});
