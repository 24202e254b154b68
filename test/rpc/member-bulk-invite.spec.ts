import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, invite, members, newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addMember(s, cast.acme, { email: 'ada@acme.example', role: 'admin' });
});
afterAll(() => s.stop());

const addresses = (count: number) => Array.from({ length: count }, newEmail);

function membersWith(emails: readonly string[]): Promise<{ email: string }[]> {
  return s.database.query('select email from member where org_id = $1 and email = any($2) order by email', [
    cast.acme.id,
    emails.map((email) => email.toLowerCase()),
  ]);
}

describe('a list of invitations is refused as a whole', () => {
  test('without the permission', async () => {
    const refused = await refusalOf(members(cast.erin).bulkInviteUsers({ emails: addresses(1) }));
    expect(refused.code).toBe(Code.PermissionDenied);
  });

  test.each([0, 101])('with %i addresses', async (count) => {
    const refused = await refusalOf(members(cast.alice).bulkInviteUsers({ emails: addresses(count) }));
    expect(refused.code).toBe(Code.InvalidArgument);
  });

  test('for a role that is unknown, or holds more than the caller', async () => {
    const emails = addresses(2);
    const unknown = members(cast.alice).bulkInviteUsers({ emails, roleId: randomUUID() });
    expect(await refusalOf(unknown)).toMatchObject({ code: Code.NotFound, reason: 'ROLE_NOT_FOUND' });
    const foreign = members(cast.alice).bulkInviteUsers({ emails, roleId: cast.other.roles.employee });
    expect((await refusalOf(foreign)).code).toBe(Code.NotFound);
    const more = members(cast.max).bulkInviteUsers({ emails, roleId: cast.acme.roles.admin });
    expect(await refusalOf(more)).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    expect(await membersWith(emails)).toEqual([]);
  });
});

describe('two lists at once', () => {
  test('invite each person once, in whatever order they name them', async () => {
    const emails = addresses(40);
    const lists = [emails, [...emails].reverse(), emails.map((email) => email.toUpperCase())];
    const answers = await Promise.all(
      lists.map((list, index) =>
        members([cast.alice, cast.max, ada][index] ?? ada).bulkInviteUsers({ emails: list }),
      ),
    );
    const invited = answers.map(({ invitedCount }) => invitedCount);
    expect(invited.reduce((sum, count) => sum + count)).toBe(40);
    for (const { invitedCount, failedCount } of answers) expect(invitedCount + failedCount).toBe(40);
    expect(await membersWith(emails)).toHaveLength(40);
    const ids = answers.flatMap(({ results }) => results.flatMap(({ user }) => user?.id ?? []));
    const trail = await s.database.query(
      `select from audit_event where event_type = 'USER_INVITED' and entity_id = any($1)`,
      [ids],
    );
    expect(trail).toHaveLength(40);
  });

  test('and one invitation leave one member', async () => {
    const email = newEmail();
    const [list, single] = await Promise.allSettled([
      members(cast.alice).bulkInviteUsers({ emails: [email] }),
      invite(cast.max, { email }),
    ]);
    const byList = list.status === 'fulfilled' ? list.value.invitedCount : 0;
    expect(byList + (single.status === 'fulfilled' ? 1 : 0)).toBe(1);
    expect(await membersWith([email])).toHaveLength(1);
  });
});

describe('a list of invitations', () => {
  test('answers in its own order, every address once, each with its own outcome', async () => {
    const [nina, otto] = ['Nina.Bulk@Acme.Example', newEmail()];
    const long = `${'x'.repeat(250)}@acme.example`;
    const emails = [
      nina,
      'not an address',
      nina.toLowerCase(),
      cast.erin.email.toUpperCase(),
      '',
      otto,
      long,
      nina.toUpperCase(),
    ];
    const { results, invitedCount, failedCount } = await members(cast.max).bulkInviteUsers({ emails });
    expect({ invitedCount, failedCount }).toEqual({ invitedCount: 2, failedCount: 4 });
    const exists = 'Someone with this email is already in the organization.';
    const malformed = 'This is not an e-mail address of at most 254 characters.';
    expect(results.map(({ email, success, error }) => ({ email, success, error }))).toEqual([
      { email: nina, success: true, error: '' },
      { email: 'not an address', success: false, error: malformed },
      { email: cast.erin.email.toUpperCase(), success: false, error: exists },
      { email: '', success: false, error: malformed },
      { email: otto, success: true, error: '' },
      { email: long, success: false, error: malformed },
    ]);
    const [first] = results;
    expect(first?.user).toMatchObject({
      email: nina.toLowerCase(),
      status: UserStatus.INVITED,
      roleId: cast.acme.roles.employee,
      role: { slug: 'employee' },
    });
    expect((await members(cast.alice).getUser({ userId: first?.user?.id })).user).toEqual(first?.user);
    expect(await auditOf(s, first?.user?.id ?? '')).toMatchObject([
      { event_type: 'USER_INVITED', actor_id: cast.max.userId, metadata: { role: 'employee' } },
    ]);
    await eventually('both get their mail', async () => {
      const mails = await Promise.all([nina.toLowerCase(), otto].map((email) => mailsTo(s, email)));
      return mails.every((found) => found.length === 1);
    });
    expect(await mailsTo(s, cast.erin.email)).toEqual([]);
  });

  test('gives the role it names, also by an API key, to a hundred people and whoever is somebody elsewhere', async () => {
    const emails = [cast.mallory.email, ...addresses(99)];
    const roleId = cast.acme.roles.manager;
    const { results, invitedCount } = await members(cast.kiosk).bulkInviteUsers({ emails, roleId });
    expect(invitedCount).toBe(100);
    expect(new Set(results.map(({ user }) => user?.role?.slug))).toEqual(new Set(['manager']));
    const again = await members(cast.kiosk).bulkInviteUsers({ emails, roleId });
    expect(again).toMatchObject({ invitedCount: 0, failedCount: 100 });
    // The newest is the one that stands last in the list.
    const { users } = await members(cast.alice).listUsers({});
    expect(users[0]?.email).toBe(emails.at(-1));
  });
});
