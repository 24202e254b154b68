import { createHash, randomBytes } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newSpKey } from '@dovecote/saml';
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
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import {
  carry,
  type ProviderPerson,
  type SamlProvider,
  startSamlProvider,
} from '../support/saml-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const appUrl = 'https://app.example/signed-in';

let s: TestServer;
let cast: Cast;
let provider: SamlProvider;
let connection: Connection;
/** A connection of Other, to a provider of its own. */
let foreign: SamlProvider;
let foreignConnection: Connection;
let people = 0;

async function connect(actor: Cast['alice'], to: SamlProvider, domain: string): Promise<Connection> {
  const domains = actor.client(DomainService);
  await domains.addDomain({ name: domain });
  await domains.verifyDomain({ name: domain });
  const connections = actor.client(ConnectionService);
  const { connection: made } = await connections.createConnection({
    name: 'Directory',
    settings: { case: 'saml', value: { metadataUrl: to.metadataUrl } },
    provisioning: { createMembers: true },
  });
  const { connection: active } = await connections.updateConnection({
    connectionId: made?.id,
    state: ConnectionState.ACTIVE,
  });
  return active!;
}

beforeAll(async () => {
  provider = await startSamlProvider();
  foreign = await startSamlProvider();
  s = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: `${provider.host},${foreign.host}`,
      SSO_TRUSTED_DOMAINS: 'acme.example,other.example',
      SSO_REDIRECT_URIS: appUrl,
    },
  });
  cast = await seedCast(s);
  connection = await connect(cast.alice, provider, 'acme.example');
  foreignConnection = await connect(cast.mallory, foreign, 'other.example');
});

afterAll(async () => {
  await s?.stop();
  await provider?.stop();
  await foreign?.stop();
});

interface Begun {
  url: string;
  verifier: string;
}

async function begin(email = 'anybody@acme.example'): Promise<Begun> {
  const verifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const { url } = await s.client(SsoSignInService).startSsoSignIn({
    hint: { case: 'email', value: email },
    redirectUri: appUrl,
    state: 'client-state',
    codeChallenge,
  });
  return { url, verifier };
}

function newPerson(attributes?: ProviderPerson['attributes']): ProviderPerson & { email: string } {
  people += 1;
  const email = `person-${people}@acme.example`;
  return { nameId: email, email, attributes: attributes && { email, ...attributes } };
}

/** Where the browser is sent: the parameters of the redirect. */
function destination(response: Response): URLSearchParams {
  expect(response.status).toBe(303);
  const url = new URL(response.headers.get('location') ?? '');
  expect(`${url.origin}${url.pathname}`).toBe(appUrl);
  return url.searchParams;
}

async function signIn(person: ProviderPerson) {
  const { url, verifier } = await begin();
  const code = destination(await carry(s, connection.id, provider.answer(url, person))).get('code') ?? '';
  const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier });
  const headers = { authorization: `Bearer ${tokens?.accessToken}` };
  return { tokens: tokens!, client: s.client(AuthService, headers), headers };
}

/** The newest login on record. */
async function lastLogin() {
  const { logins } = await cast.alice.client(ConnectionService).listLogins({ pagination: { pageSize: 1 } });
  return logins[0]!;
}

describe('a sign-in is refused', () => {
  test('where no connection fits, or the way back is not listed', async () => {
    const { startSsoSignIn } = s.client(SsoSignInService);
    const good = { redirectUri: appUrl, codeChallenge: 'a'.repeat(43) };
    for (const email of ['a@unknown.example', 'a@com', 'nonsense@@', 'x@localhost']) {
      const refusal = await refusalOf(startSsoSignIn({ ...good, hint: { case: 'email', value: email } }));
      expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'CONNECTION_NOT_FOUND' });
    }
    for (const redirectUri of [
      `${appUrl}/`,
      'https://evil.example/',
      'http://localhost:1/',
      'javascript:alert(1)',
    ]) {
      const refusal = await refusalOf(
        startSsoSignIn({ ...good, redirectUri, hint: { case: 'email', value: 'a@acme.example' } }),
      );
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['redirect_uri'] });
    }
  });

  test('with the cause in the trace, and none of it in the browser', async () => {
    const { url } = await begin();
    const response = await carry(
      s,
      connection.id,
      provider.answer(url, newPerson(), { audience: 'https://somebody.else' }),
    );
    const sent = destination(response);
    expect(sent.get('error')).toBe('access_denied');
    expect(sent.get('state')).toBe('client-state');
    expect(sent.toString()).not.toContain('audience');
    const login = await lastLogin();
    expect(sent.get('error_description')).toContain(login.id);
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'wrong_audience' });
    expect(login.detail).toContain('https://somebody.else');
    expect(login.advice).not.toBe('');
  });

  test('when the same answer comes twice, also at once', async () => {
    const { url } = await begin();
    const form = provider.answer(url, newPerson());
    const responses = await Promise.all([1, 2, 3].map(() => carry(s, connection.id, form)));
    const codes = responses.filter(({ headers }) => headers.get('location')?.includes('code='));
    expect(codes).toHaveLength(1);
    const again = await carry(s, connection.id, form);
    expect(again.headers.get('location') ?? '').not.toContain('code=');
    expect((await lastLogin()).reason).toBe('replayed');
  });

  test('when nobody asked for it', async () => {
    const { acsUrl = '', entityId = '' } = connection.serviceProvider ?? {};
    const response = await carry(
      s,
      connection.id,
      provider.unsolicited({ acsUrl, entityId }, newPerson(), appUrl),
    );
    expect(response.status).toBe(403);
    const { reason, id } = await lastLogin();
    expect(reason).toBe('unsolicited');
    expect(await response.text()).toContain(id);
  });

  test('when it was asked for by another organization, whose provider answers here', async () => {
    const { url } = await begin('mallory@other.example');
    const stolen = foreign.answer(url, { nameId: cast.alice.email });
    expect((await carry(s, connection.id, stolen)).status).toBe(403);
    expect((await lastLogin()).outcome).toBe(LoginOutcome.REFUSED);
    // Its own answer, in its own organization, for an address that is Acme's.
    await carry(s, foreignConnection.id, foreign.answer(url, { nameId: cast.alice.email }));
    const { logins } = await cast.mallory.client(ConnectionService).listLogins({});
    expect(logins[0]).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'domain_not_proven' });
  });

  test('for whoever has been shut out', async () => {
    const person = newPerson();
    const former = await addMember(s, cast.acme, {
      email: person.email,
      role: 'employee',
      status: UserStatus.DEACTIVATED,
    });
    const { url } = await begin();
    await carry(s, connection.id, provider.answer(url, person));
    expect(await lastLogin()).toMatchObject({ reason: 'member_deactivated', outcome: LoginOutcome.REFUSED });
    const { user } = await cast.alice.client(MemberService).getUser({ userId: former.userId });
    expect(user?.status).toBe(UserStatus.DEACTIVATED);
  });

  test('for garbage, quietly', async () => {
    const before = (await cast.alice.client(ConnectionService).listLogins({})).pagination?.totalCount ?? 0;
    for (const body of ['', 'SAMLResponse=%%%', 'SAMLResponse=AAAA&SAMLResponse=BBBB', 'RelayState=x']) {
      const response = await fetch(`${s.url}/sso/saml/${connection.id}/acs`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      expect([400, 403, 413]).toContain(response.status);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    for (const id of ['nonsense', '0198f1b0-0000-7000-8000-000000000000']) {
      expect((await fetch(`${s.url}/sso/saml/${id}/metadata`)).status).toBe(404);
    }
    const after = (await cast.alice.client(ConnectionService).listLogins({})).pagination?.totalCount ?? 0;
    expect(after - before).toBeLessThanOrEqual(2);
  });
});

describe('a code is worth nothing', () => {
  test('without its verifier, and then not with it either', async () => {
    const { url, verifier } = await begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, newPerson()))).get('code') ?? '';
    const { exchangeSsoCode } = s.client(SsoSignInService);
    const refused = { code: Code.Unauthenticated, reason: 'SSO_CODE_REFUSED' };
    for (const codeVerifier of ['', 'x'.repeat(43), verifier]) {
      expect(await refusalOf(exchangeSsoCode({ code, codeVerifier }))).toMatchObject(refused);
    }
  });

  test('twice, also at once', async () => {
    const { url, verifier } = await begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, newPerson()))).get('code') ?? '';
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('after a minute, or when it is made up', async () => {
    const { url, verifier } = await begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, newPerson()))).get('code') ?? '';
    await s.travel(61_000);
    const { exchangeSsoCode } = s.client(SsoSignInService);
    for (const made of [code, 'nonsense', code.slice(0, -2), 'A'.repeat(86)]) {
      const refusal = await refusalOf(exchangeSsoCode({ code: made, codeVerifier: verifier }));
      expect(refusal.code).toBe(Code.Unauthenticated);
    }
    await s.travel(-61_000);
  });
});

describe('whoever signs in', () => {
  test('becomes a member with the profile that the provider sends', async () => {
    await cast.alice.client(OrganizationService).updateSsoAttributeMappings({
      ssoAttributeMappings: [
        { idpClaim: 'dept', profileField: 'department' },
        { idpClaim: 'badge', profileField: 'custom:badge' },
      ],
    });
    const person = newPerson({ givenName: 'Ada', sn: 'Lovelace', dept: 'Engines', badge: '1815' });
    const { client } = await signIn(person);
    const self = await client.whoAmI({});
    expect(self).toMatchObject({ email: person.email, name: 'Ada Lovelace', orgId: cast.acme.id });
    expect(self.role?.slug).toBe('employee');
    const { user } = await cast.alice.client(MemberService).getUser({ userId: self.userId });
    expect(user?.profile).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', department: 'Engines' });
    expect(user?.profile?.customAttributes).toEqual({ badge: '1815' });
    expect(await lastLogin()).toMatchObject({
      outcome: LoginOutcome.SUCCEEDED,
      email: person.email,
      userId: self.userId,
      roleSlug: 'employee',
    });
  });

  test('is who they were, and accepts the invitation that waits', async () => {
    const person = newPerson();
    const invited = await addMember(s, cast.acme, {
      email: person.email,
      role: 'manager',
      status: UserStatus.INVITED,
    });
    const { client } = await signIn(person);
    const self = await client.whoAmI({});
    expect(self.userId).toBe(invited.userId);
    expect(self.role?.slug).toBe('manager');
  });

  test('works in the organization of the provider, and in no other', async () => {
    const person = newPerson();
    await addMember(s, cast.other, { email: person.email, role: 'super_admin' });
    const { headers, client } = await signIn(person);
    expect((await client.whoAmI({})).orgId).toBe(cast.acme.id);
    const elsewhere = s.client(OrganizationService, { ...headers, 'x-org-id': cast.other.id });
    expect(await refusalOf(elsewhere.getOrganization({}))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'SESSION_OF_ANOTHER_ORGANIZATION',
    });
  });

  test('gets new tokens of the same kind, until the provider’s session ends', async () => {
    const { tokens } = await signIn(newPerson());
    const { tokens: next } = await s.client(AuthService).refreshToken({ refreshToken: tokens.refreshToken });
    const self = await s.client(AuthService, { authorization: `Bearer ${next?.accessToken}` }).whoAmI({});
    expect(self.orgId).toBe(cast.acme.id);
    await s.travel(481 * 60_000);
    const refusal = await refusalOf(s.client(AuthService).refreshToken({ refreshToken: next!.refreshToken }));
    expect(refusal.code).toBe(Code.Unauthenticated);
    await s.travel(-481 * 60_000);
  });
});

describe('groups at the provider', () => {
  test('become roles at each login, and never more than whoever mapped them held', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { manager, admin } = cast.acme.roles;
    const provisioning = {
      createMembers: true,
      roleMappings: [
        { group: 'bosses', roleId: admin },
        { group: 'leads', roleId: manager },
      ],
    };
    await connections.updateConnection({ connectionId: connection.id, provisioning });
    const person = newPerson({ groups: ['leads', 'others'] });
    expect((await (await signIn(person)).client.whoAmI({})).role?.slug).toBe('manager');
    person.attributes = { email: person.email, groups: ['bosses'] };
    expect((await (await signIn(person)).client.whoAmI({})).role?.slug).toBe('admin');
    // Since then, the role has grown beyond the ceiling.
    await s.database.query('update sso_connection set ceiling = $2 where id = $1', [connection.id, [11, 12]]);
    const later = newPerson({ groups: ['bosses'] });
    expect((await (await signIn(later)).client.whoAmI({})).role?.slug).toBe('employee');
    expect((await lastLogin()).detail).toContain('was not given');
  });
});

describe('a login that began at the provider', () => {
  test('is good where the connection allows it, and leads to a place that it lists', async () => {
    const connections = cast.alice.client(ConnectionService);
    await connections.updateConnection({
      connectionId: connection.id,
      settings: { case: 'saml', value: { allowIdpInitiated: true, relayStates: [appUrl] } },
    });
    const { acsUrl = '', entityId = '' } = connection.serviceProvider ?? {};
    const to = { acsUrl, entityId };
    const lost = await carry(
      s,
      connection.id,
      provider.unsolicited(to, newPerson(), 'https://evil.example/'),
    );
    expect(lost.status).toBe(403);
    expect((await lastLogin()).reason).toBe('relay_state');
    const form = provider.unsolicited(to, newPerson(), appUrl);
    const code = destination(await carry(s, connection.id, form)).get('code') ?? '';
    const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: '' });
    expect(tokens?.accessToken).not.toBe('');
    expect(await lastLogin()).toMatchObject({ idpInitiated: true, outcome: LoginOutcome.SUCCEEDED });
    expect((await carry(s, connection.id, form)).status).toBe(403);
    await connections.updateConnection({
      connectionId: connection.id,
      settings: { case: 'saml', value: { allowIdpInitiated: false } },
    });
  });
});

describe('when the provider changes its key', () => {
  test('its metadata is fetched once at the first login with it, and not for each one', async () => {
    await s.travel(61_000);
    const fresh = await newSpKey('next', new Date());
    const former = provider.key;
    provider.key = fresh;
    provider.published = [former, fresh];
    const before = provider.fetches;
    const answers = await signIn(newPerson());
    expect(answers.tokens.accessToken).not.toBe('');
    expect(provider.fetches).toBe(before + 1);
    await signIn(newPerson());
    expect(provider.fetches).toBe(before + 1);
    // A key that nobody published is not asked about again and again.
    provider.key = await newSpKey('stranger', new Date());
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { url } = await begin();
      await carry(s, connection.id, provider.answer(url, newPerson()));
      expect((await lastLogin()).reason).toBe('unknown_signing_key');
    }
    expect(provider.fetches).toBeLessThanOrEqual(before + 2);
    provider.key = fresh;
  });
});

describe('a test login', () => {
  test('shows what would come of it, and changes nothing', async () => {
    const person = newPerson({ givenName: 'Grace' });
    const connections = cast.alice.client(ConnectionService);
    const { url, loginId } = await connections.startTestLogin({ connectionId: connection.id });
    const response = await carry(s, connection.id, provider.answer(url, person));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(loginId);
    const { login } = await connections.getLogin({ loginId });
    expect(login).toMatchObject({ test: true, outcome: LoginOutcome.SUCCEEDED, email: person.email });
    expect(login?.attributes.map(({ name }) => name)).toContain('givenName');
    const { users } = await cast.alice.client(MemberService).listUsers({ pagination: { pageSize: 100 } });
    expect(users.map(({ email }) => email)).not.toContain(person.email);
    expect(await refusalOf(cast.mallory.client(ConnectionService).getLogin({ loginId }))).toMatchObject({
      code: Code.NotFound,
    });
  });
});

test('our metadata is what the provider needs, on the wire', async () => {
  const response = await fetch(`${s.url}/sso/saml/${connection.id}/metadata`);
  expect(response.headers.get('content-type')).toContain('application/samlmetadata+xml');
  const xml = await response.text();
  expect(xml).toContain(`entityID="${connection.serviceProvider?.entityId}"`);
  expect(xml).toContain(`Location="${connection.serviceProvider?.acsUrl}"`);
});

// The last one: what happens in the future stays the newest on record.
test('an answer after its time is refused', async () => {
  const { url } = await begin();
  await s.travel(16 * 60_000);
  const response = await carry(
    s,
    connection.id,
    provider.answer(url, newPerson(), {
      notOnOrAfter: new Date(Date.now() + 3_600_000).toISOString(),
      confirmationEnd: new Date(Date.now() + 3_600_000).toISOString(),
      issueInstant: new Date(Date.now() + 16 * 60_000).toISOString(),
      authnInstant: new Date(Date.now() + 16 * 60_000).toISOString(),
    }),
  );
  expect(response.status).toBe(403);
  expect((await lastLogin()).reason).toBe('unknown_request');
});
