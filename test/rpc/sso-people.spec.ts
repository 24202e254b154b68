import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newSpKey } from '@dovecote/saml';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, type Cast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { carry, type SamlProvider } from '../support/saml-provider.js';
import { appUrl, destination, type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

let world: SsoWorld;
let s: TestServer;
let cast: Cast;
let provider: SamlProvider;
let connection: Connection;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, cast, provider, connection } = world);
});

afterAll(async () => {
  await world?.stop();
});

describe('whoever signs in', () => {
  test('becomes a member with the profile that the provider sends', async () => {
    await cast.alice.client(OrganizationService).updateSsoAttributeMappings({
      ssoAttributeMappings: [
        { idpClaim: 'dept', profileField: 'department' },
        { idpClaim: 'badge', profileField: 'custom:badge' },
      ],
    });
    const person = world.newPerson({ givenName: 'Ada', sn: 'Lovelace', dept: 'Engines', badge: '1815' });
    const { client } = await world.signIn(person);
    const self = await client.whoAmI({});
    expect(self).toMatchObject({ email: person.email, name: 'Ada Lovelace', orgId: cast.acme.id });
    expect(self.role?.slug).toBe('employee');
    const { user } = await cast.alice.client(MemberService).getUser({ userId: self.userId });
    expect(user?.profile).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', department: 'Engines' });
    expect(user?.profile?.customAttributes).toEqual({ badge: '1815' });
    expect(await world.lastLogin()).toMatchObject({
      outcome: LoginOutcome.SUCCEEDED,
      email: person.email,
      userId: self.userId,
      roleSlug: 'employee',
    });
  });

  test('is known as the provider says at each login', async () => {
    await cast.alice.client(OrganizationService).updateSsoAttributeMappings({
      ssoAttributeMappings: [{ idpClaim: 'dept', profileField: 'department' }],
    });
    const said = { givenName: 'Ada', sn: 'Lovelace', dept: 'Engines' };
    const person = world.newPerson(said);
    const { client } = await world.signIn(person);
    const { userId } = await client.whoAmI({});
    const known = async () => (await cast.alice.client(MemberService).getUser({ userId })).user;

    const { email } = person;
    await world.signIn({ ...person, attributes: { ...said, email, dept: 'Analysis' } });
    expect((await known())?.profile?.department).toBe('Analysis');
    await s.database.query('update member set name = $2 where id = $1', [userId, 'Somebody Else']);
    await world.signIn({ ...person, attributes: { ...said, email, dept: 'Analysis' } });
    expect((await known())?.name).toBe('Ada Lovelace');
  });

  test('is who they were, and accepts the invitation that waits', async () => {
    const person = world.newPerson();
    const invited = await addMember(s, cast.acme, {
      email: person.email,
      role: 'manager',
      status: UserStatus.INVITED,
    });
    const { client } = await world.signIn(person);
    const self = await client.whoAmI({});
    expect(self.userId).toBe(invited.userId);
    expect(self.role?.slug).toBe('manager');
  });

  test('works in the organization of the provider, and in no other', async () => {
    const person = world.newPerson();
    await addMember(s, cast.other, { email: person.email, role: 'super_admin' });
    const { headers, client } = await world.signIn(person);
    expect((await client.whoAmI({})).orgId).toBe(cast.acme.id);
    const elsewhere = s.client(OrganizationService, { ...headers, 'x-org-id': cast.other.id });
    expect(await refusalOf(elsewhere.getOrganization({}))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'SESSION_OF_ANOTHER_ORGANIZATION',
    });
  });

  test('reaches nothing of theirs beyond it, and can plant nothing that would', async () => {
    const person = world.newPerson();
    const elsewhere = await addMember(s, cast.other, { email: person.email, role: 'super_admin' });
    const { headers, client } = await world.signIn(person);
    expect((await client.whoAmI({})).organizations.map(({ id }) => id)).toEqual([cast.acme.id]);
    const { organizations } = await s.client(OrganizationService, headers).listUserOrganizations({});
    expect(organizations.map(({ id }) => id)).toEqual([cast.acme.id]);
    const { sessions } = await client.listSessions({});
    expect(sessions.map(({ id }) => id)).not.toContain(elsewhere.sessionId);
    expect((await refusalOf(client.revokeSession({ sessionId: elsewhere.sessionId }))).code).toBe(
      Code.NotFound,
    );
    const passkeys = s.client(PasskeyService, headers);
    const organizationsOf = s.client(OrganizationService, headers);
    const calls = [
      () => passkeys.beginPasskeyRegistration({}),
      () => passkeys.listPasskeys({}),
      () => client.revokeOtherSessions({}),
      () => organizationsOf.createOrganization({ name: 'Mine' }),
      () => organizationsOf.deleteSandboxOrganization({ orgId: cast.other.id }),
    ];
    for (const call of calls) {
      expect(await refusalOf(call())).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'SESSION_OF_A_PROVIDER',
      });
    }
    await client.signOut({});
  });

  test('gets new tokens of the same kind, until the provider’s session ends', async () => {
    const { tokens } = await world.signIn(world.newPerson());
    const { tokens: next } = await s.client(AuthService).refreshToken({ refreshToken: tokens.refreshToken });
    const self = await s.client(AuthService, { authorization: `Bearer ${next?.accessToken}` }).whoAmI({});
    expect(self.orgId).toBe(cast.acme.id);
    await s.travel(481 * 60_000);
    const refusal = await refusalOf(s.client(AuthService).refreshToken({ refreshToken: next!.refreshToken }));
    expect(refusal.code).toBe(Code.Unauthenticated);
    await s.travel(-481 * 60_000);
  });
});

test('whoever is no member stays outside where the connection takes nobody in', async () => {
  const { updateConnection } = cast.alice.client(ConnectionService);
  await updateConnection({ connectionId: connection.id, provisioning: { createMembers: false } });
  const { url } = await world.begin();
  await carry(s, connection.id, provider.answer(url, world.newPerson()));
  expect(await world.lastLogin()).toMatchObject({ reason: 'not_a_member', outcome: LoginOutcome.REFUSED });
  await updateConnection({ connectionId: connection.id, provisioning: { createMembers: true } });
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
    const person = world.newPerson({ groups: ['leads', 'others'] });
    expect((await (await world.signIn(person)).client.whoAmI({})).role?.slug).toBe('manager');
    person.attributes = { email: person.email, groups: ['bosses'] };
    expect((await (await world.signIn(person)).client.whoAmI({})).role?.slug).toBe('admin');
    // Since then, the role has grown beyond the ceiling.
    await s.database.query('update sso_connection set ceiling = $2 where id = $1', [connection.id, [11, 12]]);
    const later = world.newPerson({ groups: ['bosses'] });
    expect((await (await world.signIn(later)).client.whoAmI({})).role?.slug).toBe('employee');
    expect((await world.lastLogin()).detail).toContain('was not given');
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
      provider.unsolicited(to, world.newPerson(), 'https://evil.example/'),
    );
    expect(lost.status).toBe(403);
    expect((await world.lastLogin()).reason).toBe('relay_state');
    const form = provider.unsolicited(to, world.newPerson(), appUrl);
    const code = destination(await carry(s, connection.id, form)).get('code') ?? '';
    const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: '' });
    expect(tokens?.accessToken).not.toBe('');
    expect(await world.lastLogin()).toMatchObject({ idpInitiated: true, outcome: LoginOutcome.SUCCEEDED });
    expect((await carry(s, connection.id, form)).status).toBe(403);
    // Nobody began it, so nobody has a secret that fits.
    const second = provider.unsolicited(to, world.newPerson(), appUrl);
    const other = destination(await carry(s, connection.id, second)).get('code') ?? '';
    const { exchangeSsoCode } = s.client(SsoSignInService);
    const refusal = await refusalOf(exchangeSsoCode({ code: other, codeVerifier: 'x'.repeat(43) }));
    expect(refusal.reason).toBe('SSO_CODE_REFUSED');
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
    const answers = await world.signIn(world.newPerson());
    expect(answers.tokens.accessToken).not.toBe('');
    expect(provider.fetches).toBe(before + 1);
    await world.signIn(world.newPerson());
    expect(provider.fetches).toBe(before + 1);
    // A key that nobody published is not asked about again and again.
    provider.key = await newSpKey('stranger', new Date());
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { url } = await world.begin();
      await carry(s, connection.id, provider.answer(url, world.newPerson()));
      expect((await world.lastLogin()).reason).toBe('unknown_signing_key');
    }
    expect(provider.fetches).toBeLessThanOrEqual(before + 2);
    provider.key = fresh;
  });
});

describe('a test login', () => {
  test('shows what would come of it, and changes nothing', async () => {
    const person = world.newPerson({ givenName: 'Grace' });
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
