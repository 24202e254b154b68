import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, invite, members, newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
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

function peopleWith(email: string): Promise<unknown[]> {
  return s.database.query('select id from identity where email = $1', [email]);
}

describe('an invitation', () => {
  test('is refused for someone who is there already, in whatever case they are written', async () => {
    const user = await invite(cast.alice);
    const again = await refusalOf(invite(cast.alice, { email: user.email.toUpperCase() }));
    expect(again).toMatchObject({ code: Code.AlreadyExists, reason: 'MEMBER_EXISTS' });
    const existing = await refusalOf(invite(cast.alice, { email: cast.erin.email }));
    expect(existing.code).toBe(Code.AlreadyExists);
  });

  test('of one person by two at once leaves one', async () => {
    const email = newEmail();
    const outcomes = await Promise.allSettled([
      invite(cast.alice, { email }),
      invite(cast.max, { email }),
      invite(ada, { email }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const rows = await s.database.query('select from member where email = $1', [email]);
    expect(rows).toHaveLength(1);
  });

  test('makes an invited employee and sends a mail', async () => {
    const email = 'Nina.New@Acme.Example';
    const { user } = await members(cast.max).inviteUser({
      email,
      name: 'Nina New',
      profile: { department: 'Sales', managerId: cast.max.userId, customAttributes: { badge: '7' } },
      dataGovernanceRegion: 'EU',
    });
    expect(user).toMatchObject({
      email: email.toLowerCase(),
      name: 'Nina New',
      status: UserStatus.INVITED,
      roleId: cast.acme.roles.employee,
      role: { slug: 'employee', permissions: [P.INBOX_READ, P.INBOX_ACT] },
      profile: { department: 'Sales', managerId: cast.max.userId, customAttributes: { badge: '7' } },
      dataGovernanceRegion: 'EU',
      processingRestricted: false,
    });
    expect((await members(cast.alice).getUser({ userId: user?.id })).user).toEqual(user);
    expect(await auditOf(s, user?.id ?? '')).toMatchObject([
      { event_type: 'USER_INVITED', actor_id: cast.max.userId, metadata: { role: 'employee' } },
    ]);
    const [mail] = await eventually('the mail arrives', async () => {
      const found = await s.database.query<{ subject: string; body: string }>(
        'select subject, body from captured_mail where recipient = $1',
        [email.toLowerCase()],
      );
      return found.length > 0 && found;
    });
    expect(mail).toMatchObject({
      subject: 'You are invited to Acme',
      body: expect.stringContaining(email.toLowerCase()),
    });
  });

  test('reaches a person who is somebody else elsewhere', async () => {
    const user = await invite(cast.alice, { email: cast.mallory.email });
    expect(user.id).not.toBe(cast.mallory.userId);
    const headers = { ...cast.mallory.headers, 'x-org-id': cast.acme.id };
    const open = await refusalOf(s.client(MemberService, headers).getUser({}));
    expect(open).toMatchObject({ code: Code.PermissionDenied, reason: 'INVITATION_OPEN' });
  });

  test('can be withdrawn until it is accepted', async () => {
    const user = await invite(cast.max);
    await members(ada).revokeInvite({ userId: user.id });
    expect((await refusalOf(members(cast.alice).getUser({ userId: user.id }))).code).toBe(Code.NotFound);
    expect((await refusalOf(members(ada).revokeInvite({ userId: user.id }))).code).toBe(Code.NotFound);
    expect((await auditOf(s, user.id)).at(-1)).toMatchObject({ event_type: 'INVITE_REVOKED' });
    expect(await peopleWith(user.email)).toHaveLength(0);
    expect((await invite(cast.max, { email: user.email })).id).not.toBe(user.id);

    const accepted = await refusalOf(members(ada).revokeInvite({ userId: cast.erin.userId }));
    expect(accepted).toMatchObject({ code: Code.FailedPrecondition, reason: 'INVITATION_NOT_OPEN' });
  });

  test('withdrawn, leaves a person alone who is invited elsewhere', async () => {
    const elsewhere = await invite(cast.mallory);
    const here = await invite(cast.alice, { email: elsewhere.email });
    await members(cast.alice).revokeInvite({ userId: here.id });
    expect(await peopleWith(elsewhere.email)).toHaveLength(1);
    expect((await members(cast.mallory).getUser({ userId: elsewhere.id })).user).toEqual(elsewhere);
  });

  test('cannot be withdrawn from someone who has been in, even when they are invited back', async () => {
    const back = await hire(s, cast.acme);
    await members(cast.alice).deactivateUser({ userId: back.userId });
    await members(cast.alice).reactivateUser({ userId: back.userId });
    const refused = await refusalOf(members(cast.alice).revokeInvite({ userId: back.userId }));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'INVITATION_NOT_OPEN' });
    const { user } = await members(cast.alice).getUser({ userId: back.userId });
    expect(user).toMatchObject({ status: UserStatus.INVITED, email: back.email });
  });

  test('may be withdrawn from someone shut out and back before they ever came', async () => {
    const { id: userId } = await invite(cast.alice);
    await members(cast.alice).deactivateUser({ userId });
    await members(cast.alice).reactivateUser({ userId });
    await members(cast.alice).revokeInvite({ userId });
    expect((await refusalOf(members(cast.alice).getUser({ userId }))).code).toBe(Code.NotFound);
  });
});
