import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
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
    const { url } = await world.begin();
    const response = await carry(
      s,
      connection.id,
      provider.answer(url, world.newPerson(), { audience: 'https://somebody.else' }),
    );
    const sent = destination(response);
    expect(sent.get('error')).toBe('access_denied');
    expect(sent.get('state')).toBe('client-state');
    expect(sent.toString()).not.toContain('audience');
    const login = await world.lastLogin();
    expect(sent.get('error_description')).toContain(login.id);
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'wrong_audience' });
    expect(login.detail).toContain('https://somebody.else');
    expect(login.advice).not.toBe('');
  });

  test('when the same answer comes twice, also at once', async () => {
    const { url } = await world.begin();
    const form = provider.answer(url, world.newPerson());
    const responses = await Promise.all([1, 2, 3].map(() => carry(s, connection.id, form)));
    const codes = responses.filter(({ headers }) => headers.get('location')?.includes('code='));
    expect(codes).toHaveLength(1);
    const again = await carry(s, connection.id, form);
    expect(again.headers.get('location') ?? '').not.toContain('code=');
    expect((await world.lastLogin()).reason).toBe('replayed');
  });

  test('when nobody asked for it', async () => {
    const { acsUrl = '', entityId = '' } = connection.serviceProvider ?? {};
    const response = await carry(
      s,
      connection.id,
      provider.unsolicited({ acsUrl, entityId }, world.newPerson(), appUrl),
    );
    expect(response.status).toBe(403);
    const { reason, id } = await world.lastLogin();
    expect(reason).toBe('unsolicited');
    expect(await response.text()).toContain(id);
  });

  test('when it was asked for by another organization, whose provider answers here', async () => {
    const { url } = await world.begin('mallory@other.example');
    const stolen = world.foreign.answer(url, { nameId: cast.alice.email });
    expect((await carry(s, connection.id, stolen)).status).toBe(403);
    expect((await world.lastLogin()).outcome).toBe(LoginOutcome.REFUSED);
    // Its own answer, in its own organization, for an address that is Acme's.
    await carry(s, world.foreignConnection.id, world.foreign.answer(url, { nameId: cast.alice.email }));
    const { logins } = await cast.mallory.client(ConnectionService).listLogins({});
    expect(logins[0]).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'domain_not_proven' });
  });

  test('for whoever has been shut out', async () => {
    const person = world.newPerson();
    const former = await addMember(s, cast.acme, {
      email: person.email,
      role: 'employee',
      status: UserStatus.DEACTIVATED,
    });
    const { url } = await world.begin();
    await carry(s, connection.id, provider.answer(url, person));
    expect(await world.lastLogin()).toMatchObject({
      reason: 'member_deactivated',
      outcome: LoginOutcome.REFUSED,
    });
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
    const { url, verifier } = await world.begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, world.newPerson()))).get('code') ?? '';
    const { exchangeSsoCode } = s.client(SsoSignInService);
    const refused = { code: Code.Unauthenticated, reason: 'SSO_CODE_REFUSED' };
    for (const codeVerifier of ['', 'x'.repeat(43), verifier]) {
      expect(await refusalOf(exchangeSsoCode({ code, codeVerifier }))).toMatchObject(refused);
    }
  });

  test('for whoever has been shut out meanwhile', async () => {
    const person = world.newPerson();
    const member = await addMember(s, cast.acme, { email: person.email, role: 'employee' });
    const { url, verifier } = await world.begin();
    const code = destination(await carry(s, connection.id, provider.answer(url, person))).get('code') ?? '';
    await cast.alice.client(MemberService).deactivateUser({ userId: member.userId });
    const refusal = await refusalOf(
      s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier }),
    );
    expect(refusal).toMatchObject({ code: Code.Unauthenticated, reason: 'SSO_CODE_REFUSED' });
  });

  test('twice, also at once', async () => {
    const { url, verifier } = await world.begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, world.newPerson()))).get('code') ?? '';
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('with a guessed secret, which spoils nothing', async () => {
    const { url, verifier: codeVerifier } = await world.begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, world.newPerson()))).get('code') ?? '';
    const guess = Buffer.from(code, 'base64url');
    guess[63] = guess[63]! ^ 1;
    const { exchangeSsoCode } = s.client(SsoSignInService);
    for (const wrong of ['x'.repeat(43), codeVerifier]) {
      const guessed = exchangeSsoCode({ code: guess.toString('base64url'), codeVerifier: wrong });
      expect((await refusalOf(guessed)).code).toBe(Code.Unauthenticated);
    }
    expect((await exchangeSsoCode({ code, codeVerifier })).tokens?.accessToken).toBeTruthy();
  });

  test('after a minute, or when it is made up', async () => {
    const { url, verifier } = await world.begin();
    const code =
      destination(await carry(s, connection.id, provider.answer(url, world.newPerson()))).get('code') ?? '';
    await s.travel(61_000);
    const { exchangeSsoCode } = s.client(SsoSignInService);
    for (const made of [code, 'nonsense', code.slice(0, -2), 'A'.repeat(86)]) {
      const refusal = await refusalOf(exchangeSsoCode({ code: made, codeVerifier: verifier }));
      expect(refusal.code).toBe(Code.Unauthenticated);
    }
    await s.travel(-61_000);
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
  const { url } = await world.begin();
  await s.travel(16 * 60_000);
  const response = await carry(
    s,
    connection.id,
    provider.answer(url, world.newPerson(), {
      notOnOrAfter: new Date(Date.now() + 3_600_000).toISOString(),
      confirmationEnd: new Date(Date.now() + 3_600_000).toISOString(),
      issueInstant: new Date(Date.now() + 16 * 60_000).toISOString(),
      authnInstant: new Date(Date.now() + 16 * 60_000).toISOString(),
    }),
  );
  expect(response.status).toBe(403);
  expect((await world.lastLogin()).reason).toBe('unknown_request');
});
