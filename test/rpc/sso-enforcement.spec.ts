import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ConnectionService, ConnectionState } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { Enforcement } from '../../src/modules/signin/sso/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { type Actor, addMember, type Cast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { carry } from '../support/saml-provider.js';
import { codeFor, mailsTo } from '../support/sign-in.js';
import { type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

let world: SsoWorld;
let s: TestServer;
let cast: Cast;
/** A super admin beside Alice. */
let ada: Actor;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, cast } = world);
  ada = await addMember(s, cast.acme, { email: 'ada@acme.example', role: 'super_admin' });
});

afterAll(async () => {
  await world?.stop();
});

const enforcementOf = (actor: Actor) => actor.client(EnforcementService);
const look = (actor: Actor) => actor.client(OrganizationService).getOrganization({});

async function testLogin(
  actor: Actor,
  nameId = actor.email,
  connectionId = world.connection.id,
): Promise<void> {
  const { url } = await actor.client(ConnectionService).startTestLogin({ connectionId });
  expect((await carry(s, connectionId, world.provider.answer(url, { nameId }))).status).toBe(200);
}

async function provePasskey({ identityId }: Actor, hoursAgo = 0): Promise<void> {
  await s.database.query(
    `insert into webauthn_credential (credential_id, identity_id, public_key, created_at, last_used_at)
     values ($1, $2, '', now(), now() - $3::float * interval '1 hour')`,
    [Buffer.from(uuid()), identityId, hoursAgo],
  );
}

/** As if the person had signed in with a passkey of theirs now. */
async function usePasskey(actor: Actor): Promise<void> {
  const { sessionId } = actor;
  await provePasskey(actor);
  await s.database.query(`update session set proof = 'passkey' where id = $1`, [sessionId]);
  await s.database.query(`select pg_notify('dovecote_revocation', $1)`, [`session:${sessionId}`]);
}

async function enforce(): Promise<void> {
  await testLogin(cast.alice);
  await enforcementOf(cast.alice).setEnforcement({ enforced: true });
}

/** By somebody whom the provider vouches for. */
async function relax(): Promise<void> {
  const { headers } = await world.signIn({ nameId: cast.alice.email });
  await s.client(EnforcementService, headers).setEnforcement({ enforced: false });
  // What is remembered of the organization is dropped when the news arrives.
  await eventually('codes are good again', () =>
    look(cast.alice).then(
      () => true,
      () => false,
    ),
  );
}

describe('single sign-on is not enforced', () => {
  test('by whoever has not just come in by it: as themselves, through an active connection', async () => {
    const wanted = { code: Code.FailedPrecondition, reason: 'TEST_LOGIN_MISSING' };
    const { setEnforcement } = enforcementOf(cast.alice);
    expect(await refusalOf(setEnforcement({ enforced: true }))).toMatchObject(wanted);
    // Somebody else's test does not count, nor one as somebody else, nor one of what nobody can use.
    await testLogin(ada, cast.alice.email);
    await testLogin(cast.alice, ada.email);
    const { connection: draft } = await cast.alice.client(ConnectionService).createConnection({
      name: 'Draft',
      settings: { case: 'saml', value: { metadataXml: world.provider.metadata() } },
    });
    await testLogin(cast.alice, cast.alice.email, draft?.id);
    expect(await refusalOf(setEnforcement({ enforced: true }))).toMatchObject(wanted);
    await testLogin(cast.alice);
    await s.database.query(`update sso_login set completed_at = completed_at - interval '61 minutes'`);
    expect(await refusalOf(setEnforcement({ enforced: true }))).toMatchObject(wanted);
    // Nor does one that a clock put into the future.
    await s.database.query(`update sso_login set completed_at = now() + interval '1 day'`);
    expect(await refusalOf(setEnforcement({ enforced: true }))).toMatchObject(wanted);
  });

  test('by keys and lesser members, or for somebody else', async () => {
    for (const actor of [cast.kiosk, cast.max, cast.erin]) {
      const refusal = await refusalOf(enforcementOf(actor).setEnforcement({ enforced: true }));
      expect(refusal.code).toBe(Code.PermissionDenied);
    }
    expect((await enforcementOf(cast.mallory).getEnforcement({})).enforcement?.enforced).toBe(false);
  });
});

describe('enforced', () => {
  test('it shuts out every other session at once, whatever the address, and leaves keys alone', async () => {
    const guest = await addMember(s, cast.acme, { email: 'guest@gmail.example', role: 'manager' });
    await look(guest);
    await enforce();
    for (const actor of [cast.max, guest]) expect((await refusalOf(look(actor))).reason).toBe('SSO_REQUIRED');
    await look(cast.kiosk);
    await look(cast.mallory);
    const { client } = await world.signIn({ nameId: cast.alice.email });
    expect((await client.whoAmI({})).userId).toBe(cast.alice.userId);
    await relax();
    await look(guest);
  });

  test('nobody comes in by a code, an invitation or a link', async () => {
    const invited = await addMember(s, cast.acme, {
      email: 'invited@acme.example',
      role: 'employee',
      status: UserStatus.INVITED,
    });
    const { inviteLink } = await cast.alice.client(InviteLinkService).createInviteLink({});
    await enforce();
    const auth = s.client(AuthService);
    const code = await codeFor(s, invited.email);
    const { tokens } = await auth.verifySignInCode({ email: invited.email, code });
    const headers = { authorization: `Bearer ${tokens?.accessToken}` };
    expect((await s.client(AuthService, headers).whoAmI({})).organizations).toEqual([]);
    const [row] = await s.database.query<{ status: number }>('select status from member where id = $1', [
      invited.userId,
    ]);
    expect(row?.status).toBe(UserStatus.INVITED);
    const refusal = await refusalOf(
      s.client(InviteLinkService, headers).redeemInviteLink({ token: inviteLink?.token }),
    );
    expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'SSO_REQUIRED' });
    // The provider lets them in, and so the invitation is accepted.
    const { client } = await world.signIn({ nameId: invited.email });
    expect((await client.whoAmI({})).userId).toBe(invited.userId);
    await relax();
  });

  test('the last way in stays: connection, domain', async () => {
    await enforce();
    const { headers } = await world.signIn({ nameId: cast.alice.email });
    const connections = s.client(ConnectionService, headers);
    const connectionId = world.connection.id;
    const refusals = [
      () => connections.deleteConnection({ connectionId }),
      () => connections.updateConnection({ connectionId, state: ConnectionState.DISABLED }),
    ];
    for (const call of refusals) expect((await refusalOf(call())).reason).toBe('LAST_ACTIVE_CONNECTION');
    const removal = s.client(DomainService, headers).removeDomain({ name: 'acme.example' });
    expect((await refusalOf(removal)).reason).toBe('LAST_PROVEN_DOMAIN');
    await relax();
  });
});

describe('break-glass access', () => {
  test('is armed for super admins with a passkey that they have just proven, and for no longer than 30 days', async () => {
    const { armBreakGlass } = enforcementOf(cast.alice);
    expect((await refusalOf(armBreakGlass({ userId: cast.max.userId }))).reason).toBe('NOT_A_SUPER_ADMIN');
    await provePasskey(cast.alice);
    await provePasskey(ada, 24.1);
    // Of a clock that was ahead.
    await provePasskey(ada, -24);
    expect((await refusalOf(armBreakGlass({ userId: ada.userId }))).reason).toBe('PASSKEY_NOT_PROVEN');
    expect((await refusalOf(armBreakGlass({ userId: cast.mallory.userId }))).code).toBe(Code.NotFound);
    expect((await refusalOf(armBreakGlass({ userId: ada.userId, hours: 721 }))).fields).toEqual(['hours']);
  });

  test('lets that one in, is told to all, and ends', async () => {
    await usePasskey(ada);
    await usePasskey(cast.max);
    const { armBreakGlass } = enforcementOf(cast.alice);
    const { enforcement } = await armBreakGlass({ userId: ada.userId, hours: 2 });
    expect(enforcement?.breakGlass).toMatchObject([{ userId: ada.userId, armedBy: cast.alice.userId }]);
    await eventually('the admins are told', async () =>
      (await mailsTo(s, cast.alice.email)).some((body) => body.includes('may sign in by passkey')),
    );
    await enforce();
    await eventually('others are shut out', async () => {
      const refusal = await refusalOf(look(cast.max)).catch(() => undefined);
      return refusal?.reason === 'SSO_REQUIRED';
    });
    await Promise.all([look(ada), look(ada), look(ada)]);
    const alarms = async () =>
      (await mailsTo(s, cast.alice.email)).filter((body) => body.includes('HAS SIGNED IN by passkey'));
    await eventually('its use is told', async () => (await alarms()).length > 0);
    expect(await alarms()).toHaveLength(1);
    const trail = await s.database.query<{ change: string }>(
      `select metadata ->> 'change' as change from audit_event
        where org_id = $1 and entity_type = 'sso_enforcement' order by created_at`,
      [cast.acme.id],
    );
    expect(trail.map(({ change }) => change)).toEqual(
      expect.arrayContaining(['break_glass_armed', 'enforced', 'break_glass_used']),
    );
    const listed = (await enforcementOf(ada).getEnforcement({})).enforcement;
    expect(listed?.breakGlass[0]?.usedAt).toBeDefined();
    // Without a passkey, the same person is shut out.
    await s.database.query(`update session set proof = 'code' where id = $1`, [ada.sessionId]);
    await s.database.query(`select pg_notify('dovecote_revocation', $1)`, [`session:${ada.sessionId}`]);
    await eventually('the code is not enough', async () => {
      const refusal = await refusalOf(look(ada)).catch(() => undefined);
      return refusal?.reason === 'SSO_REQUIRED';
    });
    await usePasskey(ada);
    await eventually('the passkey is', () =>
      look(ada).then(
        () => true,
        () => false,
      ),
    );
    const { headers } = await world.signIn({ nameId: cast.alice.email });
    await s.client(EnforcementService, headers).disarmBreakGlass({ userId: ada.userId });
    await eventually('it is disarmed', async () => {
      const refusal = await refusalOf(look(ada)).catch(() => undefined);
      return refusal?.reason === 'SSO_REQUIRED';
    });
    await relax();
  });

  test('is told also when it has ended before anybody could be told', async () => {
    const userId = cast.max.userId;
    await s.server.app
      .get(Scopes, { strict: false })
      .run({ caller: { kind: 'system', orgId: cast.acme.id }, requestId: 'spec' }, (scope) =>
        s.server.app.get(Enforcement, { strict: false }).noteUse(scope, userId, cast.max.sessionId),
      );
    await eventually('the admins are told', async () =>
      (await mailsTo(s, cast.alice.email)).some((body) =>
        body.includes('the access has been disarmed since'),
      ),
    );
    const trail = await s.database.query(
      `select from audit_event where entity_id = $1 and metadata ->> 'change' = 'break_glass_used'`,
      [userId],
    );
    expect(trail).toHaveLength(1);
  });

  test('ends by itself', async () => {
    await enforcementOf(cast.alice).armBreakGlass({ userId: ada.userId, hours: 1 });
    await enforce();
    await eventually('the passkey lets in', () =>
      look(ada).then(
        () => true,
        () => false,
      ),
    );
    await s.travel(61 * 60_000);
    expect((await refusalOf(look(ada))).reason).toBe('SSO_REQUIRED');
  });
});
