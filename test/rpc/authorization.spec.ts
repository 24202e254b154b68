import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { AuthorizationService, PrincipalType } from '@dovecote/contract/pidgr/v1/authorization_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { v7 as uuid } from 'uuid';
import { addApiKey, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { internalListener, siblingOf } from '../support/sibling.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const { USER, ORG, STAFF } = PrincipalType;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: await internalListener() });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const sibling = (orgId?: string) => siblingOf(s, AuthorizationService, orgId);

async function permissionsOf(subject: string, principalType = USER, orgId = cast.acme.id): Promise<P[]> {
  return (await sibling().resolvePrincipalPermissions({ subject, orgId, principalType })).permissions;
}

const employee = [P.INBOX_READ, P.INBOX_ACT];

test('nobody but a sibling is answered, and nobody who names two organizations', async () => {
  const orgId = cast.acme.id;
  for (const who of [cast.alice, cast.kiosk]) {
    const client = who.client(AuthorizationService);
    const calls = [
      client.checkOrgSuspended({ orgId }),
      client.resolveCallerIdentity({ orgId, identitySubject: who.identityId || 'x' }),
      client.resolvePrincipalPermissions({ orgId, subject: who.userId, principalType: USER }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.reason).toBe('INTERNAL_ONLY');
  }
  const ofOther = sibling(cast.other.id);
  const calls = [
    ofOther.checkOrgSuspended({ orgId }),
    ofOther.resolveCallerIdentity({ orgId, identitySubject: cast.max.identityId }),
    ofOther.resolvePrincipalPermissions({ orgId, subject: cast.max.userId, principalType: USER }),
  ];
  for (const refused of await refusalsOf(calls)) expect(refused.fields).toEqual(['org_id']);
  expect(await sibling(orgId.toUpperCase()).checkOrgSuspended({ orgId })).toMatchObject({ suspended: false });
});

describe('a principal may do nothing', () => {
  test('that is unknown, of another organization, of another kind, or not active', async () => {
    const email = 'gone@acme.example';
    const gone = await addMember(s, cast.acme, {
      email,
      role: 'super_admin',
      status: UserStatus.DEACTIVATED,
    });
    const invited = { email: 'soon@acme.example', role: 'super_admin', status: UserStatus.INVITED } as const;
    const { userId: soon } = await addMember(s, cast.acme, invited);
    for (const [subject, kind] of [
      [uuid(), USER],
      ['somebody', USER],
      [`' or true --`, USER],
      [cast.mallory.userId, USER],
      [cast.mallory.identityId, USER],
      [cast.kiosk.userId, USER],
      [cast.erin.userId, ORG],
      [cast.acme.id, ORG],
      [cast.alice.userId, STAFF],
      [gone.userId, USER],
      [gone.identityId, USER],
      [soon, USER],
    ] as const) {
      expect(await permissionsOf(subject, kind)).toEqual([]);
    }
    const foreign = sibling().resolveCallerIdentity({
      orgId: cast.acme.id,
      identitySubject: cast.mallory.identityId,
    });
    expect(await refusalOf(foreign)).toMatchObject({ code: Code.NotFound, reason: 'MEMBER_NOT_FOUND' });
    const inactive = sibling().resolveCallerIdentity({
      orgId: cast.acme.id,
      identitySubject: gone.identityId,
    });
    expect((await refusalOf(inactive)).code).toBe(Code.NotFound);
  });

  test('with a key that is revoked, expired or a SCIM token', async () => {
    for (const change of ['revoked_at = now()', `expires_at = now() - interval '1 minute'`, 'key_type = 2']) {
      const { userId } = await addApiKey(s, cast.acme, [P.ORG_READ]);
      expect(await permissionsOf(userId, ORG)).toEqual([P.ORG_READ]);
      await s.database.query(`update api_key set ${change} where id = $1`, [userId]);
      expect(await permissionsOf(userId, ORG)).toEqual([]);
    }
  });

  test('in an organization that is suspended or over', async () => {
    const { id, roles } = await addOrganization(s, 'Late');
    const someone = await addMember(s, { id, roles }, { email: 'x@late.example', role: 'employee' });
    expect(await permissionsOf(someone.userId, USER, id)).toEqual(employee);
    expect((await sibling().checkOrgSuspended({ orgId: id })).suspended).toBe(false);
    for (const change of [
      'suspended_at = now()',
      `suspended_at = null, org_type = 2, expires_at = now() - interval '1 second'`,
    ]) {
      await s.database.query(`update organization set ${change} where id = $1`, [id]);
      expect(await permissionsOf(someone.userId, USER, id)).toEqual([]);
      expect((await sibling().checkOrgSuspended({ orgId: id })).suspended).toBe(true);
      const call = sibling().resolveCallerIdentity({ orgId: id, identitySubject: someone.identityId });
      expect((await refusalOf(call)).code).toBe(Code.NotFound);
    }
    expect((await refusalOf(sibling().checkOrgSuspended({ orgId: uuid() }))).reason).toBe(
      'ORGANIZATION_NOT_FOUND',
    );
  });
});

describe('a principal', () => {
  test('is a member by any of their ids, a key, or staff, and may do what they may', async () => {
    expect(await permissionsOf(cast.erin.userId)).toEqual(employee);
    expect(await permissionsOf(cast.erin.identityId)).toEqual(employee);
    await s.database.query(`update identity set subject = 'pool|erin' where id = $1`, [cast.erin.identityId]);
    expect(await permissionsOf('pool|erin')).toEqual(employee);
    const { userId } = await addApiKey(s, cast.acme, [P.ORG_READ, P.ORG_READ, P.AUDIT_READ]);
    expect(await permissionsOf(userId, ORG)).toEqual([P.ORG_READ, P.AUDIT_READ]);
    await s.database.query('update organization set org_type = 3 where id = $1', [cast.other.id]);
    const staff = await permissionsOf(cast.mallory.identityId, STAFF, cast.other.id);
    expect(staff).toContain(P.ORG_WRITE);
    expect(staff).toEqual([...staff].sort((a, b) => a - b));
  });

  test('is found as a member, of the organization that is asked about', async () => {
    for (const identitySubject of [cast.max.identityId, cast.max.identityId.toUpperCase()]) {
      const found = await sibling().resolveCallerIdentity({ orgId: cast.acme.id, identitySubject });
      expect(found.userId).toBe(cast.max.userId);
      expect(found.permissions).toContain(P.CAMPAIGNS_START);
    }
    const bare = await sibling().resolveCallerIdentity({
      orgId: cast.acme.id,
      identitySubject: cast.erin.identityId,
    });
    expect(bare.permissions).toEqual(employee);
  });
});
