import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { CustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { AuthService as OwnAuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { linkFor, tokensTo } from '../support/magic-links.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;

let s: TestServer;
let cast: Cast;
let people = 0;

beforeAll(async () => {
  s = await startTestServer({ env: { DASHBOARD_URL: 'https://board.example/' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

interface Pair {
  token: string;
  refreshToken: string;
}

const newAddress = () => `newcomer-${(people += 1)}@example.com`;
const auth = () => s.client(AuthService);
const as = (pair: Pair) => ({ authorization: `Bearer ${pair.token}` });
const me = (pair: Pair) => s.client(CustomersService, as(pair)).getMe({});
const refresh = ({ refreshToken }: Pair) => auth().refreshSession({ refreshToken });
const follow = (token: string, timezone = '') => auth().completeMagicLink({ token, timezone });

/** Organizations, projects and keys of a person. */
async function holdings(email: string) {
  return s.database.query<{ org: string; project: string; zone: string; family: string; role: string }>(
    `select o.name as org, p.name as project, p.zone, k.family, r.slug as role
       from member m join organization o on o.id = m.org_id join role r on r.org_id = m.org_id and r.id = m.role_id
       left join project p on p.org_id = o.id left join project_key k on k.project_id = p.id
      where m.email = $1`,
    [email],
  );
}

async function sessionsOf(email: string): Promise<number> {
  const [row] = await s.database.query<{ count: number }>(
    `select count(*)::integer as count from session s join identity i on i.id = s.identity_id
      where i.email = $1 and s.revoked_at is null`,
    [email],
  );
  return row?.count ?? 0;
}

const invalidToken = {
  code: Code.InvalidArgument,
  reason: 'INVALID_TOKEN',
  message: 'invalid or expired link',
};

describe('a link', () => {
  test('is refused when it is used, replaced, too old, damaged, or for something else', async () => {
    const email = newAddress();
    const first = await linkFor(s, email);
    const second = await linkFor(s, email);
    expect(await refusalOf(follow(first))).toMatchObject(invalidToken);
    const { refreshToken } = await follow(second);
    expect(await refusalOf(follow(second))).toMatchObject(invalidToken);
    const other = newAddress();
    const late = await linkFor(s, other);
    await s.travel(16 * minute);
    expect(await refusalOf(follow(late))).toMatchObject(invalidToken);
    // The token of a link to type a code, of an invitation that does not sign in, of a session, and of nothing.
    await s.client(OwnAuthService).requestSignInCode({ email: other });
    const [mail] = await eventually('the code', async () => {
      const mails = (await mailsTo(s, other)).filter((text) => text.includes('/auth/link?token='));
      return mails.length > 0 && mails;
    });
    const codeLink = /token=(\S+)/.exec(mail ?? '')?.[1] ?? '';
    for (const token of [codeLink, refreshToken, `${second}x`, 'x', '0'.repeat(5000)]) {
      expect(await refusalOf(follow(token))).toMatchObject(invalidToken);
    }
    expect(await refusalOf(auth().completeMagicLink({}))).toMatchObject({ fields: ['token'] });
  });

  test('works once when it is followed five times at once, and founds one organization', async () => {
    const email = newAddress();
    const token = await linkFor(s, email);
    const followed = await Promise.allSettled(Array.from({ length: 5 }, () => follow(token)));
    expect(followed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await holdings(email)).toHaveLength(1);
    expect(await sessionsOf(email)).toBe(1);
  });

  test('is still good when the server fails between consuming it and opening the session', async () => {
    const email = newAddress();
    const token = await linkFor(s, email);
    await s.database.query('alter table refresh_token rename to refresh_token_away');
    try {
      expect((await refusalOf(follow(token))).code).toBe(Code.Internal);
    } finally {
      await s.database.query('alter table refresh_token_away rename to refresh_token');
    }
    expect(await holdings(email)).toEqual([]);
    expect(await sessionsOf(email)).toBe(0);
    await follow(token);
    expect(await holdings(email)).toHaveLength(1);
  });

  test('leads to the dashboard, and signs its owner in whatever the case of the address', async () => {
    const email = newAddress();
    await auth().requestMagicLink({ email: email.toUpperCase() });
    const [mail] = await eventually('the mail', async () => {
      const mails = await mailsTo(s, email);
      return mails.length > 0 && mails;
    });
    expect(mail).toContain('\nhttps://board.example/magic-link?token=');
    const [token = ''] = await tokensTo(s, email);
    const pair = await follow(token, 'Europe/Stockholm');
    const { customerId, ...rest } = await me(pair);
    expect(rest).toMatchObject({ email, emailVerified: true });
    expect(decodeJwt(pair.token)).toMatchObject({ sub: customerId, exp: expect.any(Number) });
    // The same person as for our own sign-in, in the same list of sessions.
    const own = await signIn(s, email);
    expect(decodeJwt(own.accessToken).sub).toBe(customerId);
  });

  test('refuses addresses that only look like another one', async () => {
    for (const email of [
      '\u212Aate@example.com',
      'ann@ex\u200Bample.com',
      'ann',
      'ann@example.com\nbcc: x@y.z',
    ]) {
      const refused = await refusalOf(auth().requestMagicLink({ email }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['email'] });
    }
  });

  test('is mailed three times in ten minutes, also when all ask at once, known or not', async () => {
    for (const email of [newAddress(), cast.alice.email]) {
      const asked = await Promise.allSettled(
        Array.from({ length: 8 }, () => auth().requestMagicLink({ email })),
      );
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const refused = await refusalOf(auth().requestMagicLink({ email }));
      expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'RESOURCE_EXHAUSTED' });
      expect(refused.retryAfterSeconds).toBeGreaterThan(500);
    }
  });
});

describe('a first sign-in', () => {
  test('founds an organization with a project in the given zone and a public key', async () => {
    const email = newAddress();
    const pair = await follow(await linkFor(s, email), 'asia/kolkata');
    expect(await holdings(email)).toEqual([
      { org: 'default', project: 'default', zone: 'Asia/Kolkata', family: 'public', role: 'super_admin' },
    ]);
    const { organizations } = await s.client(OrganizationService, as(pair)).listUserOrganizations({});
    expect(organizations).toHaveLength(1);
    const headers = { ...as(pair), 'x-org-id': organizations[0]?.id ?? '' };
    const { projects } = await s.client(ProjectService, headers).listProjects({});
    const { projectKeys } = await s
      .client(ProjectService, headers)
      .listProjectKeys({ projectId: projects[0]?.id });
    expect(projectKeys.map(({ key }) => key)).toEqual([expect.stringMatching(/^pub_[0-9a-f]{20}$/)]);
  });

  test('takes UTC for a zone that there is not', async () => {
    const email = newAddress();
    await follow(await linkFor(s, email), 'Middle-earth/Shire');
    expect(await holdings(email)).toMatchObject([{ zone: 'UTC' }]);
    const refused = await refusalOf(follow('x', 'no zone!'));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['timezone'] });
  });

  test('founds nothing for a member, whose first organization it leads to', async () => {
    const pair = await follow(await linkFor(s, cast.erin.email));
    expect(decodeJwt(pair.token)['custom:org_id']).toBe(cast.acme.id);
    expect((await holdings(cast.erin.email)).every(({ org }) => org === 'Acme')).toBe(true);
  });
});

describe('where only invited people may sign up', () => {
  let closed: TestServer;
  beforeAll(async () => {
    closed = await startTestServer({ env: { SIGN_UP: 'invited' } });
  });
  afterAll(() => closed?.stop());

  test('a stranger gets the same answer and no mail; a member gets a link', async () => {
    const { erin } = await seedCast(closed);
    const stranger = 'stranger@example.com';
    const client = closed.client(AuthService);
    expect(await client.requestMagicLink({ email: stranger })).toEqual(
      await client.requestMagicLink({ email: erin.email }),
    );
    await eventually('the link', async () => (await tokensTo(closed, erin.email)).length === 1);
    await eventually('an empty queue', async () => {
      return (await closed.database.query('select from graphile_worker._private_jobs')).length === 0;
    });
    expect(await mailsTo(closed, stranger)).toEqual([]);
    const identities = await closed.database.query('select from identity where email = $1', [stranger]);
    expect(identities).toEqual([]);
  });

  test('a person whose only membership was ended is refused, and gets no organization', async () => {
    const { acme } = await seedCast(closed);
    const gone = await addMember(closed, acme, { email: 'gone@example.com', role: 'employee' });
    await closed.database.query('update member set status = 3 where id = $1', [gone.userId]);
    const token = await linkFor(closed, gone.email);
    const refused = await refusalOf(closed.client(AuthService).completeMagicLink({ token }));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_DENIED' });
    expect(refused.message).toContain('ask an admin to invite you');
  });
});

describe('an organization that requires single sign-on', () => {
  test('is not entered by a link: neither by who is only there, nor by who is elsewhere too', async () => {
    const only = await addMember(s, cast.other, { email: newAddress(), role: 'admin' });
    const both = await addMember(s, cast.other, { email: newAddress(), role: 'admin' });
    await addMember(s, cast.acme, { email: both.email, role: 'admin' });
    await s.database.query('update organization set sso_enforced_at = now() where id = $1', [cast.other.id]);
    try {
      const refused = await refusalOf(follow(await linkFor(s, only.email)));
      expect(refused).toMatchObject({ code: Code.PermissionDenied });
      expect(refused.message).toContain('single sign-on');
      expect(await sessionsOf(only.email)).toBe(1);
      const pair = await follow(await linkFor(s, both.email));
      const inside = s.client(OrganizationService, { ...as(pair), 'x-org-id': cast.other.id });
      expect(await refusalOf(inside.getOrganization({}))).toMatchObject({ reason: 'SSO_REQUIRED' });
      await s.client(OrganizationService, { ...as(pair), 'x-org-id': cast.acme.id }).getOrganization({});
    } finally {
      await s.database.query('update organization set sso_enforced_at = null where id = $1', [cast.other.id]);
    }
  });
});

describe('a session', () => {
  const expired = { code: Code.Unauthenticated, reason: 'INVALID_TOKEN', message: 'session expired' };

  test('ends with the reuse of a refresh token, and with no other refusal', async () => {
    const email = newAddress();
    const first = await follow(await linkFor(s, email));
    const second = await refresh(first);
    for (const refreshToken of ['x', second.token]) {
      expect(await refusalOf(auth().refreshSession({ refreshToken }))).toMatchObject(expired);
    }
    expect(await refusalOf(auth().refreshSession({}))).toMatchObject({ code: Code.InvalidArgument });
    await me(second);
    expect(await refusalOf(refresh(first))).toMatchObject(expired);
    expect(await refusalOf(refresh(second))).toMatchObject(expired);
    await eventually(
      'the end of the session',
      async () => await refusalOf(me(second)).catch(() => undefined),
    );
  });

  test('of two refreshes at once one succeeds, and the session ends', async () => {
    const pair = await follow(await linkFor(s, newAddress()));
    const traded = await Promise.allSettled([refresh(pair), refresh(pair)]);
    expect(traded.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });

  test('is renewed by who sends an access token that has expired', async () => {
    const pair = await follow(await linkFor(s, newAddress()));
    await s.travel(20 * minute);
    expect(await refusalOf(me(pair))).toMatchObject({ code: Code.Unauthenticated });
    await me(await s.client(AuthService, as(pair)).refreshSession({ refreshToken: pair.refreshToken }));
  });

  test('ends at sign-out by any of its refresh tokens; unknown and empty ones are no error', async () => {
    const first = await follow(await linkFor(s, newAddress()));
    const second = await refresh(first);
    for (const refreshToken of ['', 'x', second.token]) await auth().signOut({ refreshToken });
    await me(second);
    await auth().signOut({ refreshToken: first.refreshToken });
    expect(await refusalOf(refresh(second))).toMatchObject(expired);
    await eventually(
      'the end of the session',
      async () => await refusalOf(me(second)).catch(() => undefined),
    );
  });

  test('is refused once its person is deleted', async () => {
    const email = newAddress();
    const pair = await follow(await linkFor(s, email));
    await s.database.query(
      `with o as (select org_id from member where email = $1)
       delete from member where email = $1`,
      [email],
    );
    await s.database.query('delete from identity where email = $1', [email]);
    expect(await refusalOf(refresh(pair))).toMatchObject(expired);
  });
});

test('demo sign-in is off unless the operator names an account', async () => {
  const refused = await refusalOf(auth().demoSignIn({}));
  expect(refused).toMatchObject({ code: Code.Unavailable, message: 'demo sign-in is not available' });
  expect((await auth().getAuthConfig({})).providers).toEqual([]);
});
