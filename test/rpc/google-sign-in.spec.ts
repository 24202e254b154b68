import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AuthService, type AuthResponse, OAuthProvider } from '@dovecote/contract/auth/v1/auth_pb';
import { CustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { decodeProtectedHeader } from 'jose';
import { OutboundClient } from '../../src/platform/outbound/outbound-client.js';
import { type Cast, seedCast } from '../support/cast.js';
import { clientId, type OidcProvider, startOidcProvider } from '../support/oidc-provider.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const google = 'https://accounts.google.com';

let provider: OidcProvider;
let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  provider = await startOidcProvider();
  // Google's name, and a provider of the spec behind it.
  provider.discovery = {
    issuer: google,
    authorization_endpoint: `${google}/authorize`,
    token_endpoint: `${google}/token`,
    jwks_uri: `${google}/keys`,
  };
  s = await startTestServer({
    env: {
      DASHBOARD_URL: 'https://board.example',
      DASHBOARD_OIDC_ISSUER: google,
      DASHBOARD_OIDC_CLIENT_ID: clientId,
      OUTBOUND_ALLOWED_HOSTS: provider.host,
    },
  });
  cast = await seedCast(s);
  const outbound = s.server.app.get(OutboundClient, { strict: false });
  const send = outbound.send.bind(outbound);
  jest
    .spyOn(outbound, 'send')
    .mockImplementation((address, request) => send(address.replace(google, provider.issuer), request));
});
afterAll(async () => {
  await s?.stop();
  await provider?.stop();
});

let people = 0;
let email = '';
beforeEach(() => {
  email = `person-${(people += 1)}@example.com`;
});

/** Claims as Google has them; each token is another one. */
function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: google,
    aud: clientId,
    azp: clientId,
    sub: email,
    email,
    email_verified: true,
    nonce: 'of-the-page',
    iat: now,
    exp: now + 3600,
    jti: `${email}-${(people += 1)}`,
    ...more,
  };
}

const signIn = (credential: string): Promise<AuthResponse> =>
  s
    .client(AuthService)
    .signInWithOAuth({ provider: OAuthProvider.GOOGLE, credential, timezone: 'Europe/Stockholm' });
const token = (more: Record<string, unknown> = {}) => provider.sign(claims(more));
const accounts = () => s.database.query('select from identity where email = $1', [email]);

describe('a sign-in with an ID token of Google is refused', () => {
  const invalid = { code: Code.Unauthenticated, message: 'oauth sign-in failed' };
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

  test.each<[string, () => Record<string, unknown>]>([
    ['another audience', () => ({ aud: 'another-client' })],
    ['an audience that only is in azp', () => ({ aud: 'another-client', azp: clientId })],
    ['another issuer', () => ({ iss: 'https://accounts.google.com.evil.example' })],
    ['the issuer of another organization', () => ({ iss: provider.issuer })],
    ['a time that is over', () => ({ iat: ago(600), exp: ago(300) })],
    ['no end', () => ({ exp: undefined })],
    ['too old a beginning', () => ({ iat: ago(7_200), exp: ago(-3_600) })],
  ])('for %s', async (_what, more) => {
    expect(await refusalOf(signIn(await token(more())))).toMatchObject(invalid);
    expect(await accounts()).toEqual([]);
  });

  test('signed by another key, by none, or for another use', async () => {
    const stranger = await startOidcProvider();
    try {
      const { kid } = decodeProtectedHeader(await token());
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const credentials = [
        await stranger.sign(claims(), { kid }),
        await stranger.sign(claims()),
        `${part({ alg: 'none' })}.${part(claims())}.`,
        await provider.sign(claims(), { typ: 'logout+jwt' }),
        'x',
      ];
      for (const credential of credentials)
        expect(await refusalOf(signIn(credential))).toMatchObject(invalid);
      expect(await accounts()).toEqual([]);
    } finally {
      await stranger.stop();
    }
  });

  test.each<[string, Record<string, unknown>]>([
    ['not verified', { email_verified: false }],
    ['verified by a text', { email_verified: 'true' }],
    ['of no known proof', { email_verified: undefined }],
    ['missing', { email: undefined }],
  ])('for an address that is %s', async (_what, more) => {
    const refused = await refusalOf(signIn(await token(more)));
    expect(refused).toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining('not verified'),
    });
    expect(await accounts()).toEqual([]);
  });

  test('the second time: the contract carries no nonce, so a token works once', async () => {
    const credential = await token();
    const outcomes = await Promise.allSettled([signIn(credential), signIn(credential), signIn(credential)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(signIn(credential))).toMatchObject(invalid);
  });
});

describe('a sign-in with an ID token of Google', () => {
  const me = ({ token: access }: { token: string }) =>
    s.client(CustomersService, { authorization: `Bearer ${access}` }).getMe({});

  test('founds an organization for a newcomer, and finds the account the next time', async () => {
    const first = await signIn(await token());
    expect(first.customer).toMatchObject({ email, emailVerified: true });
    const again = await signIn(await token({ email: email.toUpperCase() }));
    expect(again.customer?.id).toBe(first.customer?.id);
    expect(await me(again)).toMatchObject({ email });
    const zones = await s.database.query<{ zone: string }>(
      'select p.zone from member m join project p on p.org_id = m.org_id where m.email = $1',
      [email],
    );
    expect(zones).toEqual([{ zone: 'Europe/Stockholm' }]);
  });

  test('leads members to their organization, and to no other', async () => {
    for (const actor of [cast.alice, cast.mallory]) {
      const { customer } = await signIn(await token({ sub: actor.email, email: actor.email }));
      expect(customer).toMatchObject({ id: actor.identityId, email: actor.email });
    }
    const organizations = await s.database.query('select from member where email = any ($1)', [
      [cast.alice.email, cast.mallory.email],
    ]);
    expect(organizations).toHaveLength(2);
  });
});
