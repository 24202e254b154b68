import { Code } from '@connectrpc/connect';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { generateApiKey } from '@dovecote/secret';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { SigningKeys } from '../../src/platform/caller/signing-keys.js';
import { type Actor, addApiKey, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { type Refusal, refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';

/** Two servers on one database: what one revokes, the other must refuse. */
let here: TestServer;
let there: TestServer;
let cast: Cast;
let people = 0;

beforeAll(async () => {
  here = await startTestServer();
  there = await startTestServer({ database: here.database });
  cast = await seedCast(here);
});

afterAll(async () => {
  await there.stop();
  await here.stop();
});

const whoAmI = (headers: Record<string, string>, server = here) =>
  server.client(AuthService, headers).whoAmI({});
const present = (authorization: string) => refusalOf(whoAmI({ authorization }));
const newMember = (role: 'super_admin' | 'manager' | 'employee') =>
  addMember(here, cast.acme, { email: `member-${(people += 1)}@acme.example`, role });

describe('an Authorization header is refused', () => {
  test.each([
    ['without a credential', 'Bearer'],
    ['of another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['without a scheme', 'pidgr_k_abc'],
    ['with two credentials', 'Bearer one two'],
    ['with more than anyone issues', `Bearer ${'x'.repeat(8193)}`],
  ])('%s', async (_why, authorization) => {
    expect(await present(authorization)).toMatchObject({
      code: Code.Unauthenticated,
      reason: 'CREDENTIAL_INVALID',
    });
  });

  test('but not where none is needed: that call ignores it', async () => {
    const cut = cast.alice.headers.authorization.slice(0, -3);
    for (const authorization of ['Bearer nonsense', 'Basic x', 'Bearer pidgr_k_x', cut]) {
      const client = here.client(AuthService, { authorization });
      await client.requestSignInCode({ email: `${uuid()}@example.com` });
      const refused = await refusalOf(client.refreshToken({ refreshToken: 'unknown' }));
      expect(refused.reason).toBe('REFRESH_TOKEN_INVALID');
    }
  });
});

describe('an access token is refused', () => {
  const invalid = { code: Code.Unauthenticated, reason: 'TOKEN_INVALID' };

  function claims() {
    const [, body = ''] = cast.alice.headers.authorization.split('.');
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  }

  test.each([
    ['no JWT', 'x'],
    ['no JSON', 'a.b.c'],
    ['empty parts', '..'],
    ['no claims and no signature', 'eyJhbGciOiJSUzI1NiJ9.e30.'],
    ['long', `${'a'.repeat(4000)}.b.c`],
  ])('that is garbage: %s', async (_what, token) => {
    expect(await present(`Bearer ${token}`)).toMatchObject(invalid);
  });

  test('without a signature, or with one made from a public key', async () => {
    const { keys } = (await (await fetch(`${here.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[];
    };
    const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
    const header = { alg: 'HS256', kid: keys[0]?.kid };
    const confused = await new SignJWT(claims()).setProtectedHeader(header).sign(secret);
    for (const token of [new UnsecuredJWT(claims()).encode(), confused]) {
      expect(await present(`Bearer ${token}`)).toMatchObject(invalid);
    }
  });

  test('that was changed', async () => {
    const [head, , signature] = cast.erin.headers.authorization.split('.');
    const body = Buffer.from(JSON.stringify(claims())).toString('base64url');
    expect(await present(`${head}.${body}.${signature}`)).toMatchObject(invalid);
  });

  test('that another installation signed', async () => {
    const elsewhere = await startTestServer();
    try {
      const { identityId, sessionId, email, orgId } = cast.alice;
      const { token } = await elsewhere.server.app
        .get(AccessTokens, { strict: false })
        .issue({ identityId, sessionId, email, orgId });
      expect(await present(`Bearer ${token}`)).toMatchObject(invalid);
    } finally {
      await elsewhere.stop();
    }
  });

  test('whose session was never opened, or belongs to somebody else', async () => {
    const { identityId, email } = cast.alice;
    for (const sessionId of [unknownId, cast.mallory.sessionId]) {
      const { token } = await here.server.app
        .get(AccessTokens, { strict: false })
        .issue({ identityId, sessionId, email });
      expect(await present(`Bearer ${token}`)).toMatchObject({ reason: 'SESSION_ENDED' });
    }
  });
});

describe('an API key is refused', () => {
  test.each([
    ['empty', 'pidgr_k_'],
    ['too short', 'pidgr_k_short'],
    ['of an unknown kind', 'pidgr_x_unknown'],
    ['well formed, but unknown', generateApiKey('pidgr_k_').secret],
  ])('that is %s', async (_what, key) => {
    expect(await present(`Bearer ${key}`)).toMatchObject({
      code: Code.Unauthenticated,
      reason: 'API_KEY_INVALID',
    });
  });
});

describe('what is taken back on one server is refused on the other within a second', () => {
  /** Refused there, after it has worked there and was taken back here. */
  async function refusedThere(who: Actor, takeBack: () => Promise<unknown>): Promise<Refusal> {
    const roles = there.client(RoleService, { ...who.headers });
    await roles.listRoles({});
    await takeBack();
    return eventually('the refusal', () => refusalOf(roles.listRoles({})), 1_000);
  }

  async function silence(): Promise<void> {
    await here.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'dovecote feed'`,
    );
  }

  const ways: [string, () => Promise<void>][] = [
    ['while it listens', () => Promise.resolve()],
    ['while its connection for hearing of it is cut', silence],
  ];

  describe.each(ways)('%s', (_when, before) => {
    test('a session', async () => {
      const max = await newMember('manager');
      const refused = await refusedThere(max, async () => {
        await before();
        await max.client(AuthService).signOut({});
      });
      expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'SESSION_ENDED' });
    });

    test('a key', async () => {
      const key = await addApiKey(here, cast.acme, [P.ORG_READ]);
      const refused = await refusedThere(key, async () => {
        await before();
        await cast.alice.client(ApiKeyService).revokeApiKey({ apiKeyId: key.userId });
      });
      expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'API_KEY_INVALID' });
    });

    test('a membership', async () => {
      const max = await newMember('manager');
      const refused = await refusedThere(max, async () => {
        await before();
        await cast.alice.client(MemberService).deactivateUser({ userId: max.userId });
      });
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'MEMBER_DEACTIVATED' });
    });

    test('a role', async () => {
      const max = await newMember('manager');
      const refused = await refusedThere(max, async () => {
        await before();
        await cast.alice
          .client(MemberService)
          .updateUserRole({ userId: max.userId, roleId: cast.acme.roles.employee });
      });
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    });

    test('a permission of a role', async () => {
      const { role } = await cast.alice
        .client(RoleService)
        .createRole({ name: `Reader ${people}`, permissions: [P.ORG_READ] });
      const reader = await newMember('employee');
      const roleId = role?.id ?? '';
      await cast.alice.client(MemberService).updateUserRole({ userId: reader.userId, roleId });
      const refused = await refusedThere(reader, async () => {
        await before();
        await cast.alice.client(RoleService).updateRole({ roleId, permissions: [P.INBOX_READ] });
      });
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    });
  });
});

describe('the organization of a call', () => {
  test('must be an id, and one of the caller’s', async () => {
    const { headers } = cast.alice;
    for (const id of ['acme', '1', `${cast.acme.id}0`]) {
      const malformed = await refusalOf(whoAmI({ ...headers, 'x-org-id': id }));
      expect(malformed).toMatchObject({ code: Code.InvalidArgument, fields: ['x-org-id'] });
    }
    // One answer for what exists and what does not: organizations cannot be probed.
    const foreign = await refusalOf(whoAmI({ ...headers, 'x-org-id': cast.other.id }));
    expect(foreign).toMatchObject({ code: Code.PermissionDenied, reason: 'NOT_A_MEMBER' });
    expect(await refusalOf(whoAmI({ ...headers, 'x-org-id': unknownId }))).toEqual(foreign);
  });

  test('is the one of the header, over the one of the token', async () => {
    const second = await addOrganization(here, 'Second');
    const { userId } = await addMember(here, second, { email: cast.max.email, role: 'employee' });
    const { headers } = cast.max;
    expect(await whoAmI(headers)).toMatchObject({ orgId: cast.acme.id, userId: cast.max.userId });
    const switched = await whoAmI({ ...headers, 'x-org-id': second.id.toUpperCase() });
    expect(switched).toMatchObject({ orgId: second.id, userId });
    expect(switched.role?.slug).toBe('employee');
  });

  test('of an API key is its own, whatever the header says', async () => {
    const self = await whoAmI({ ...cast.kiosk.headers, 'x-org-id': cast.other.id });
    expect(self.orgId).toBe(cast.acme.id);
  });

  test('that is suspended answers nothing but what it is', async () => {
    const suspended = await addOrganization(here, 'Suspended');
    await here.database.query('update organization set suspended_at = now() where id = $1', [suspended.id]);
    const admin = await addMember(here, suspended, { email: 'admin@suspended.example', role: 'super_admin' });
    const key = await addApiKey(here, suspended, [P.ORG_READ]);
    for (const who of [admin, key]) {
      const refused = await refusalOf(who.client(RoleService).listRoles({}));
      expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'ORGANIZATION_SUSPENDED' });
      const { organization } = await who.client(OrganizationService).getOrganization({});
      expect(organization?.id).toBe(suspended.id);
    }
    // Signing in and out belongs to the person, not to the organization.
    await admin.client(AuthService).listSessions({});
    await admin.client(AuthService).signOut({});
  });
});

test('guessing is limited by address, without shutting out who has a credential', async () => {
  const limited = await startTestServer({
    database: here.database,
    env: { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '5' },
  });
  try {
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () =>
        refusalOf(whoAmI({ authorization: `Bearer ${generateApiKey('pidgr_k_').secret}` }, limited)),
      ),
    );
    const limits = refusals.filter(({ code }) => code === Code.ResourceExhausted);
    // Another token or two may fill up meanwhile.
    expect(limits.length).toBeGreaterThanOrEqual(10);
    expect(limits[0]?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    await whoAmI(cast.alice.headers, limited);
  } finally {
    await limited.stop();
  }
});

test('after a rotation of the signing keys both servers accept what is out and what is new', async () => {
  const keys = here.server.app.get(SigningKeys, { strict: false });
  const { kid } = await keys.current();
  await keys.rotate(new Date());
  expect((await keys.current()).kid).not.toBe(kid);
  const { identityId, sessionId, email, headers } = cast.erin;
  const { token } = await here.server.app
    .get(AccessTokens, { strict: false })
    .issue({ identityId, sessionId, email });
  for (const server of [here, there]) {
    await whoAmI(headers, server);
    await whoAmI({ authorization: `Bearer ${token}` }, server);
  }
});

// Last: these move the clock of one server.
test('an access token ends after fifteen minutes, also where it is remembered', async () => {
  const erin = await newMember('employee');
  await whoAmI(erin.headers);
  await here.travel(15 * 60_000);
  expect(await refusalOf(whoAmI(erin.headers))).toMatchObject({
    code: Code.Unauthenticated,
    reason: 'TOKEN_EXPIRED',
  });
});

test('an organization that has expired answers nobody any more, also where it is remembered', async () => {
  const day = 24 * 60 * 60_000;
  const sandbox = await addOrganization(here, 'Sandbox');
  const guest = await addMember(here, sandbox, { email: 'guest@sandbox.example', role: 'super_admin' });
  await here.database.query(
    `update organization set org_type = 2, expires_at = now() + interval '1 day' where id = $1`,
    [sandbox.id],
  );
  const robot = await addApiKey(here, sandbox, []);
  expect((await guest.client(AuthService).whoAmI({})).orgId).toBe(sandbox.id);
  expect((await robot.client(AuthService).whoAmI({})).orgId).toBe(sandbox.id);
  await here.travel(day);
  for (const caller of [guest, robot]) {
    const refused = await refusalOf(caller.client(AuthService).whoAmI({}));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'ORGANIZATION_EXPIRED' });
  }
});
