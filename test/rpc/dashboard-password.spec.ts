import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CustomersService } from '@dovecote/contract/customers/v1/customers_pb';
import { AuthService as DocumentedAuthService } from '@dovecote/contract/auth/v1/auth_pb';
import { CustomersService as DashboardCustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { PasswordSetting, PasswordSettingsService } from '@dovecote/contract/dovecote/auth/v1/password_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { type Actor, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { linkFor } from '../support/magic-links.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let people = 0;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  await decide(cast.alice, PasswordSetting.ON);
});
afterAll(() => s?.stop());

const decide = (actor: Actor, setting: PasswordSetting) =>
  actor.client(PasswordSettingsService).updatePasswordSettings({ setting });
const signIn = (email: string, password: string) =>
  s.client(AuthService).signInWithEmail({ email, password });
const refused = (email: string, password: string) => refusalOf(signIn(email, password));
const as = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });
const look = (pair: { token: string }, orgId: string) =>
  s.client(OrganizationService, { ...as(pair), 'x-org-id': orgId }).getOrganization({});

/** A member of Acme, and of what else is named, with a password. */
async function withPassword(password: string, ...others: Cast['acme'][]): Promise<Actor> {
  const email = `owner-${(people += 1)}@acme.example`;
  const actor = await addMember(s, cast.acme, { email, role: 'manager' });
  for (const organization of others) await addMember(s, organization, { email, role: 'manager' });
  await actor.client(DashboardCustomersService).setPassword({ password });
  return actor;
}

describe('a password', () => {
  test('is refused in one way, whatever is wrong', async () => {
    const owner = await withPassword('correct horse');
    const off = await addMember(s, cast.other, { email: 'off@other.example', role: 'manager' });
    await s.database.query(
      `insert into password (identity_id, hash, set_at)
       select $1, hash, now() from password where identity_id = $2`,
      [off.identityId, owner.identityId],
    );
    const wrong = await refused(owner.email, 'wrong horse');
    expect(wrong).toMatchObject({ code: Code.Unauthenticated, reason: 'INVALID_CREDENTIALS' });
    expect(wrong.message).toContain('sign-in link by mail');
    const others: [string, string][] = [
      ['stranger@acme.example', 'correct horse'],
      [cast.erin.email, 'correct horse'],
      [off.email, 'correct horse'],
      [owner.email, 'CORRECT HORSE'],
    ];
    for (const [email, password] of others) expect(await refused(email, password)).toEqual(wrong);
    const documented = await refusalOf(
      s.client(DocumentedAuthService).signIn({ email: 'stranger@acme.example', password: 'x' }),
    );
    expect(documented).toMatchObject({ code: Code.Unauthenticated, message: wrong.message });
  });

  test('takes as long for an address without an account', async () => {
    const owner = await withPassword('correct horse');
    /** The best of several attempts: what else the process does in the meantime only adds. */
    const leastTime = async (emails: readonly string[]): Promise<number> => {
      let least = Infinity;
      for (const email of emails) {
        const began = process.cpuUsage().user;
        await refused(email, 'wrong horse');
        least = Math.min(least, process.cpuUsage().user - began);
      }
      return least;
    };
    await leastTime(['warm@acme.example']);
    const known = await leastTime([owner.email, owner.email, owner.email]);
    const unknown = await leastTime([1, 2, 3].map((n) => `unknown-${n}@acme.example`));
    // Without the decoy an unknown address costs a tenth; the hash is most of the work.
    expect(unknown / known).toBeGreaterThan(0.5);
  });

  test('is refused for what is too long, before anything is hashed', async () => {
    expect(await refused(cast.erin.email, 'é'.repeat(37))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['password'],
    });
    const set = (password: string) =>
      refusalOf(cast.erin.client(DashboardCustomersService).setPassword({ password }));
    for (const password of ['', 'short', 'x'.repeat(73)]) {
      expect(await set(password)).toMatchObject({ code: Code.InvalidArgument, fields: ['password'] });
    }
  });

  test('is tried five times in 15 minutes, also when all try at once; a mailed link still signs in', async () => {
    const owner = await withPassword('correct horse');
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, guess) => refused(owner.email.toUpperCase(), `guess ${guess}`)),
    );
    expect(guesses.filter(({ code }) => code === Code.Unauthenticated)).toHaveLength(5);
    const blocked = await refused(owner.email, 'correct horse');
    expect(blocked.code).toBe(Code.ResourceExhausted);
    expect(blocked.retryAfterSeconds).toBeGreaterThan(800);
    // An address without an account is blocked alike.
    for (let guess = 0; guess < 5; guess += 1) await refused('no-account@acme.example', 'x');
    expect(await refused('no-account@acme.example', 'x')).toMatchObject({ code: Code.ResourceExhausted });
    await s.client(AuthService).completeMagicLink({ token: await linkFor(s, owner.email) });
  });

  test('signs in to organizations that take passwords, and to no other, until they change their mind', async () => {
    const third = await addOrganization(s, 'Third');
    const owner = await withPassword('correct horse', third);
    const pair = await signIn(owner.email.toUpperCase(), 'correct horse');
    await look(pair, cast.acme.id);
    expect(await refusalOf(look(pair, third.id))).toMatchObject({ reason: 'PASSWORD_NOT_TAKEN' });
    await decide(cast.alice, PasswordSetting.OFF);
    try {
      await eventually('the refusal', async () => {
        return (
          (await refusalOf(look(pair, cast.acme.id)).catch(() => undefined))?.reason === 'PASSWORD_NOT_TAKEN'
        );
      });
      expect(await refused(owner.email, 'correct horse')).toMatchObject({ code: Code.Unauthenticated });
      const set = owner.client(DashboardCustomersService).setPassword({ password: 'another one' });
      expect(await refusalOf(set)).toMatchObject({ code: Code.FailedPrecondition });
    } finally {
      await decide(cast.alice, PasswordSetting.ON);
    }
  });
});

describe('setting a password', () => {
  test('needs a recent sign-in, ends the other sessions, and is told by mail', async () => {
    const owner = await withPassword('correct horse');
    const other = await signIn(owner.email, 'correct horse');
    const current = await signIn(owner.email, 'correct horse');
    const customers = s.client(DashboardCustomersService, as(current));
    await s.database.query(
      `update session set proven_at = now() - interval '1 hour' where identity_id = $1`,
      [owner.identityId],
    );
    const { token } = await s.client(AuthService).refreshSession({ refreshToken: current.refreshToken });
    const stale = s
      .client(DashboardCustomersService, as({ token }))
      .setPassword({ password: 'battery staple' });
    expect(await refusalOf(stale)).toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringContaining('Sign out and in again'),
    });
    await customers.setPassword({ password: 'battery staple' });
    await customers.getMe({});
    await eventually('the end of the other session', async () =>
      refusalOf(s.client(DashboardCustomersService, as(other)).getMe({})).catch(() => undefined),
    );
    expect(await refused(owner.email, 'correct horse')).toMatchObject({ code: Code.Unauthenticated });
    await signIn(owner.email, 'battery staple');
    await eventually('the mail', async () =>
      (await mailsTo(s, owner.email)).some((mail) => mail.includes('password of your account was set')),
    );
  });

  test('takes the current one in the place of a recent sign-in, and not a wrong one', async () => {
    const owner = await withPassword('correct horse');
    await s.database.query(
      `update session set proven_at = now() - interval '1 hour' where identity_id = $1`,
      [owner.identityId],
    );
    const pair = await signIn(owner.email, 'correct horse');
    await s.database.query(
      `update session set proven_at = now() - interval '1 hour' where identity_id = $1`,
      [owner.identityId],
    );
    const { token } = await s.client(AuthService).refreshSession({ refreshToken: pair.refreshToken });
    const update = (currentPassword: string) =>
      s.client(CustomersService, as({ token })).update({ password: 'battery staple', currentPassword });
    expect((await refusalOf(update(''))).code).toBe(Code.FailedPrecondition);
    expect(await refusalOf(update('wrong horse'))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['current_password'],
    });
    await update('correct horse');
    await signIn(owner.email, 'battery staple');
  });
});

test('only who may change the organization decides, with a recent proof, and the trail says so', async () => {
  const denied = await refusalOf(decide(cast.max, PasswordSetting.ON));
  expect(denied).toMatchObject({ code: Code.PermissionDenied });
  const { setting, enabled } = await cast.mallory.client(PasswordSettingsService).getPasswordSettings({});
  expect({ setting, enabled }).toEqual({ setting: PasswordSetting.UNSPECIFIED, enabled: false });
  const events = await s.database.query<{ metadata: Record<string, string> }>(
    `select metadata from audit_event where org_id = $1 and event_type = 'ORG_UPDATED' order by created_at`,
    [cast.acme.id],
  );
  expect(events[0]?.metadata).toMatchObject({ passwords: 'on' });
});
