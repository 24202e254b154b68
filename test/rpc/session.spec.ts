import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { auditOf, hire, newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { codeFor, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const signedOut = { code: Code.Unauthenticated, reason: 'SIGNED_OUT' };
const unknownId = '0199aaaa-0000-7000-8000-000000000000';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const as = (accessToken = '', extra: Record<string, string> = {}) =>
  s.client(AuthService, { authorization: `Bearer ${accessToken}`, ...extra });
const refresh = (tokens?: TokenPair) =>
  s.client(AuthService).refreshToken({ refreshToken: tokens?.refreshToken });
const revoke = (who: { client: Cast['alice']['client'] }, userId: string) =>
  who.client(AuthService).revokeMemberSessions({ userId });

test('a session is called after the program that opened it, unless it was given a name', async () => {
  const email = newEmail();
  const { accessToken } = await signIn(s, email);
  const code = await codeFor(s, email);
  const safari =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
  await fetch(`${s.url}/dovecote.auth.v1.AuthService/VerifySignInCode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': safari },
    body: JSON.stringify({ email, code }),
  });
  await signIn(s, email, 'Desk');
  const { sessions } = await as(accessToken).listSessions({});
  expect(sessions.map(({ deviceName }) => deviceName).sort()).toEqual([
    'Desk',
    'Safari on iOS',
    'connect-es',
  ]);
});

describe('sessions', () => {
  test('of others cannot be seen or ended', async () => {
    const mine = await signIn(s, newEmail());
    const refused = await refusalOf(as(mine.accessToken).revokeSession({ sessionId: cast.alice.sessionId }));
    expect(refused.code).toBe(Code.NotFound);
    const { sessions } = await as(mine.accessToken).listSessions({});
    expect(sessions).toHaveLength(1);
    await cast.alice.client(AuthService).whoAmI({});
  });

  test('are listed, last used first, and end one by one', async () => {
    const email = newEmail();
    const phone = await signIn(s, email, 'Pixel 9');
    const laptop = await signIn(s, email, 'Laptop');
    const { sessions } = await as(laptop.accessToken).listSessions({});
    expect(sessions.map(({ deviceName, current }) => ({ deviceName, current }))).toEqual([
      { deviceName: 'Laptop', current: true },
      { deviceName: 'Pixel 9', current: false },
    ]);
    expect(sessions[0]?.address).toMatch(/127\.0\.0\.1|::1/);
    await as(phone.accessToken).whoAmI({});
    await as(laptop.accessToken).revokeSession({ sessionId: sessions[1]?.id ?? '' });
    const refused = await refusalOf(as(phone.accessToken).whoAmI({}));
    expect(refused.reason).toBe('SESSION_ENDED');
    expect((await refusalOf(refresh(phone))).code).toBe(Code.Unauthenticated);
    const again = await refusalOf(as(laptop.accessToken).revokeSession({ sessionId: sessions[1]?.id ?? '' }));
    expect(again.code).toBe(Code.NotFound);
    expect((await as(laptop.accessToken).listSessions({})).sessions).toHaveLength(1);
  });

  test('end by signing out', async () => {
    const tokens = await signIn(s, newEmail());
    await as(tokens.accessToken).signOut({});
    const refused = await refusalOf(as(tokens.accessToken).whoAmI({}));
    expect(refused.reason).toBe('SESSION_ENDED');
    expect((await refusalOf(refresh(tokens))).code).toBe(Code.Unauthenticated);
  });

  test('need a person: an API key is told why', async () => {
    const client = cast.kiosk.client(AuthService);
    const calls = [
      client.signOut({}),
      client.listSessions({}),
      client.revokeSession({ sessionId: cast.alice.sessionId }),
    ];
    for (const refused of await refusalsOf(calls)) {
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'API_KEY_HAS_NO_USER' });
      expect(refused.message).toContain('API key');
    }
    expect((await refusalOf(s.client(AuthService).listSessions({}))).code).toBe(Code.Unauthenticated);
  });
});

describe('ending all other sessions', () => {
  test('leaves the calling one, and those of others', async () => {
    const email = newEmail();
    const tokens: TokenPair[] = [];
    for (const device of ['Phone', 'Laptop', 'Desk']) tokens.push(await signIn(s, email, device));
    const [phone, laptop, desk] = tokens;
    await as(phone?.accessToken).whoAmI({});
    expect((await as(desk?.accessToken).revokeOtherSessions({})).revokedCount).toBe(2);
    for (const gone of [phone, laptop]) {
      const refused = await refusalOf(as(gone?.accessToken).whoAmI({}));
      expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'SESSION_ENDED' });
      expect((await refusalOf(refresh(gone))).code).toBe(Code.Unauthenticated);
    }
    expect((await as(desk?.accessToken).listSessions({})).sessions).toHaveLength(1);
    expect((await as(desk?.accessToken).revokeOtherSessions({})).revokedCount).toBe(0);
    await cast.alice.client(AuthService).whoAmI({});
  });

  test('is for people', async () => {
    const refused = await refusalOf(cast.kiosk.client(AuthService).revokeOtherSessions({}));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'API_KEY_HAS_NO_USER' });
  });
});

describe('signing a member out', () => {
  test('is refused to whoever may not manage them: others, colleagues, lesser admins', async () => {
    const victim = await hire(s, cast.acme);
    expect(await refusalOf(revoke(cast.mallory, victim.userId))).toMatchObject({ code: Code.NotFound });
    expect(await refusalOf(revoke(cast.alice, unknownId))).toMatchObject({ code: Code.NotFound });
    expect(await refusalOf(revoke(cast.erin, victim.userId))).toMatchObject({ reason: 'PERMISSION_MISSING' });
    const admin = await addMember(s, cast.acme, { email: newEmail(), role: 'admin' });
    expect(await refusalOf(revoke(admin, cast.alice.userId))).toMatchObject({ reason: 'MEMBER_EXCEEDS_OWN' });
    await victim.client(DeviceService).listDevices({});
  });

  test('refuses their sessions here until they prove themselves again, and nowhere else', async () => {
    const email = newEmail();
    const here = await addMember(s, cast.acme, { email, role: 'employee' });
    await addMember(s, cast.other, { email, role: 'employee' });
    const bystander = await hire(s, cast.acme);
    const phone = await signIn(s, email);
    const there = { 'x-org-id': cast.other.id };
    await as(phone.accessToken).whoAmI({});
    // What was proven in the second of the revocation is not believed any more either.
    await s.travel(1_000);
    await revoke(cast.alice, here.userId);
    const refused = await refusalOf(as(phone.accessToken).whoAmI({}));
    expect(refused).toMatchObject(signedOut);
    const { tokens: refreshed } = await as(phone.accessToken).refreshToken({
      refreshToken: phone.refreshToken,
    });
    expect(await refusalOf(as(refreshed?.accessToken).whoAmI({}))).toMatchObject(signedOut);
    expect(await as(refreshed?.accessToken, there).whoAmI({})).toMatchObject({ orgId: cast.other.id });
    await bystander.client(DeviceService).listDevices({});

    await s.travel(1_000);
    const { accessToken } = await as(refreshed?.accessToken).reauthenticate({
      code: await codeFor(s, email),
    });
    expect(await as(accessToken?.token).whoAmI({})).toMatchObject({ orgId: cast.acme.id });
    const anew = await signIn(s, email);
    expect(await as(anew.accessToken).whoAmI({})).toMatchObject({ orgId: cast.acme.id });
    const trail = await auditOf(s, here.userId);
    expect(trail).toMatchObject([{ event_type: 'PROFILE_UPDATED', metadata: { sessions: 'revoked' } }]);
  });
});
