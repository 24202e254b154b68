import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, type Client as RpcClient } from '@connectrpc/connect';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { OrganizationService, OrgType } from '@dovecote/contract/pidgr/v1/organization_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { Client } from 'pg';
import { Permission } from '../../src/platform/access/index.js';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { remains, tablesHolding, untilGone } from '../support/sandboxes.js';
import { plantRows, tenantTables } from '../tenancy/tenant-tables.js';

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

let s: TestServer;
let cast: Cast;
/** How far the spec has moved the server's clock. */
let travelled = 0;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

async function travel(milliseconds: number): Promise<void> {
  travelled += milliseconds;
  await s.travel(milliseconds);
}

const inFuture = (milliseconds: number) => timestampFromDate(new Date(Date.now() + travelled + milliseconds));

const organizationsOf = (actor: Actor): RpcClient<typeof OrganizationService> =>
  actor.client(OrganizationService);

/** Somebody with no sandbox yet. */
function newcomer(name = 'nora'): Promise<Actor> {
  return addMember(s, cast.other, { email: `${name}-${randomUUID()}@other.example`, role: 'employee' });
}

async function createSandbox(
  actor: Actor,
  request: { fixtureId?: string; lifeMs?: number; name?: string } = {},
) {
  const { lifeMs = DAY_MS, name = 'Sandbox', fixtureId = 'empty' } = request;
  const reply = await organizationsOf(actor).createSandboxOrganization({
    name,
    fixtureId,
    expiresAt: inFuture(lifeMs),
  });
  return { ...reply, id: reply.organization?.id ?? '' };
}

/** The actor, acting in that organization. */
function inside(actor: Actor, orgId: string): Actor {
  return {
    ...actor,
    orgId,
    client: (service) => s.client(service, { ...actor.headers, 'x-org-id': orgId }),
  };
}

describe('ListSandboxFixtures', () => {
  test('is the same for everybody with a credential, by name, with one default', async () => {
    const stranger = s.client(OrganizationService).listSandboxFixtures({});
    expect((await refusalOf(stranger)).code).toBe(Code.Unauthenticated);
    const { fixtures } = await organizationsOf(cast.erin).listSandboxFixtures({});
    expect((await organizationsOf(cast.kiosk).listSandboxFixtures({})).fixtures).toEqual(fixtures);
    expect(fixtures.map(({ id }) => id)).toEqual(['empty', 'fintech', 'sales', 'starter']);
    expect(fixtures.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual(['starter']);
  });
});

describe('CreateSandboxOrganization', () => {
  test('refuses strangers, an end that is past, too far or missing, and a fixture that is none', async () => {
    const stranger = s.client(OrganizationService).createSandboxOrganization({ expiresAt: inFuture(DAY_MS) });
    expect((await refusalOf(stranger)).code).toBe(Code.Unauthenticated);
    const client = organizationsOf(await newcomer());
    for (const expiresAt of [undefined, inFuture(-1_000), inFuture(30 * DAY_MS + HOUR_MS)]) {
      const refused = await refusalOf(client.createSandboxOrganization({ name: 'S', expiresAt }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['expires_at'] });
    }
    const unknown = client.createSandboxOrganization({
      name: 'S',
      expiresAt: inFuture(DAY_MS),
      fixtureId: 'casino',
    });
    expect(await refusalOf(unknown)).toMatchObject({ code: Code.InvalidArgument, fields: ['fixture_id'] });
    expect((await client.listUserSandboxes({})).sandboxes).toEqual([]);
  });

  test('makes the caller its super admin, and lists it among their organizations', async () => {
    const nora = await newcomer();
    const { organization, adminUser, id } = await createSandbox(nora, { name: 'Try' });
    expect(organization).toMatchObject({ name: 'Try', orgType: OrgType.SANDBOX, dataGovernanceRegion: 'US' });
    expect(organization?.expiresAt).toBeDefined();
    expect(adminUser).toMatchObject({ email: nora.email, role: { slug: 'super_admin' } });
    const { roles } = await inside(nora, id).client(RoleService).listRoles({});
    expect(roles).toHaveLength(4);
    const { organizations } = await organizationsOf(nora).listUserOrganizations({});
    expect(organizations.map((own) => own.id)).toEqual([cast.other.id, id]);
    const trail = await s.database.query(
      `select actor_id from audit_event where org_id = $1 and event_type = 'SANDBOX_CREATED'`,
      [id],
    );
    expect(trail).toEqual([{ actor_id: adminUser?.id }]);
  });

  test('three at a time for one person, also when five are asked for at once', async () => {
    const nora = await newcomer();
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => createSandbox(nora)));
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.id] : []));
    expect(made).toHaveLength(3);
    const another = await refusalOf(createSandbox(nora));
    expect(another).toMatchObject({ code: Code.ResourceExhausted, reason: 'SANDBOX_LIMIT' });
    expect((await organizationsOf(nora).listUserSandboxes({})).sandboxes).toHaveLength(3);
    await organizationsOf(nora).deleteSandboxOrganization({ orgId: made[0] ?? '' });
    await createSandbox(nora);
    await createSandbox(await newcomer());
  });

  test('a key needs ORG_WRITE and somebody who made it; the sandbox is theirs', async () => {
    const reader = await addApiKey(s, cast.acme, [Permission.ORG_READ]);
    expect(await refusalOf(createSandbox(reader))).toMatchObject({ reason: 'PERMISSION_MISSING' });
    const orphan = await addApiKey(s, cast.acme, [Permission.ORG_WRITE]);
    expect(await refusalOf(createSandbox(orphan))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'API_KEY_HAS_NO_OWNER',
    });
    const robot = await addApiKey(s, cast.acme, [Permission.ORG_WRITE]);
    await s.database.query('update api_key set created_by = $2 where id = $1', [
      robot.userId,
      cast.alice.userId,
    ]);
    const { adminUser, id } = await createSandbox(robot, { lifeMs: 60_000 });
    expect(adminUser?.email).toBe(cast.alice.email);
    expect(
      await s.database.query('select actor_kind from audit_event where org_id = $1 limit 1', [id]),
    ).toEqual([{ actor_kind: 'api_key' }]);
    const other = organizationsOf(orphan).deleteSandboxOrganization({ orgId: id });
    expect((await refusalOf(other)).code).toBe(Code.NotFound);
    await organizationsOf(robot).deleteSandboxOrganization({ orgId: id });
  });

  test.each([
    { fixtureId: 'empty', templates: 0, groups: 1, teams: 1, campaigns: 0 },
    { fixtureId: '', templates: 2, groups: 1, teams: 1, campaigns: 0 },
    { fixtureId: 'fintech', templates: 3, groups: 3, teams: 4, campaigns: 1 },
    { fixtureId: 'sales', templates: 2, groups: 3, teams: 4, campaigns: 1 },
  ])('is seeded: %j', async ({ fixtureId, templates, groups, teams, campaigns }) => {
    const nora = await newcomer();
    const { id, adminUser } = await createSandbox(nora, { fixtureId });
    const admin = inside(nora, id);
    expect((await admin.client(TemplateService).listTemplates({})).templates).toHaveLength(templates);
    expect((await admin.client(GroupService).listGroups({})).groups).toHaveLength(groups);
    expect((await admin.client(TeamService).listTeams({})).teams).toHaveLength(teams);
    const found = (await admin.client(CampaignService).listCampaigns({})).campaigns;
    expect(found).toHaveLength(campaigns);
    for (const { id: campaignId } of found) {
      const client = admin.client(CampaignService);
      const { entries } = await client.getCampaignAudience({ campaignId });
      expect(entries.map(({ member }) => member?.userId)).toEqual([adminUser?.id]);
      const { campaign } = await client.startCampaign({ campaignId });
      expect(campaign?.status).toBe(CampaignStatus.RUNNING);
    }
  });
});

describe('a standard organization', () => {
  test('honours the fixture too', async () => {
    const nora = await newcomer();
    const unknown = organizationsOf(nora).createOrganization({ name: 'New', fixtureId: 'casino' });
    expect(await refusalOf(unknown)).toMatchObject({ fields: ['fixture_id'] });
    for (const [fixtureId, count] of [
      ['empty', 0],
      ['', 2],
      ['fintech', 3],
    ] as const) {
      const { organization } = await organizationsOf(nora).createOrganization({ name: 'New', fixtureId });
      const admin = inside(nora, organization?.id ?? '');
      expect((await admin.client(TemplateService).listTemplates({})).templates).toHaveLength(count);
    }
  });
});

describe('ListUserSandboxes', () => {
  test('first to expire first; those that are over or being deleted are left out', async () => {
    const nora = await newcomer();
    const late = await createSandbox(nora, { lifeMs: 3 * DAY_MS });
    const soon = await createSandbox(nora, { lifeMs: 2 * DAY_MS });
    const over = await createSandbox(nora, { lifeMs: HOUR_MS });
    const client = organizationsOf(nora);
    const ids = async () => (await client.listUserSandboxes({})).sandboxes.map(({ id }) => id);
    expect(await ids()).toEqual([over.id, soon.id, late.id]);
    await travel(HOUR_MS);
    expect(await ids()).toEqual([soon.id, late.id]);
    await client.deleteSandboxOrganization({ orgId: soon.id });
    expect(await ids()).toEqual([late.id]);
    expect((await client.listUserOrganizations({})).organizations.map(({ id }) => id)).toEqual([
      cast.other.id,
      late.id,
    ]);
  });
});

describe('DeleteSandboxOrganization', () => {
  test('is not found by others, whatever they are; a standard organization is not deleted by its own', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora);
    const [role] = await s.database.query<{ id: string }>(
      `select id from role where org_id = $1 and slug = 'admin'`,
      [id],
    );
    const guest = await addMember(
      s,
      { id, roles: { ...cast.acme.roles, admin: role?.id ?? '' } },
      { email: `guest-${randomUUID()}@other.example`, role: 'admin' },
    );
    for (const other of [cast.mallory, cast.kiosk, guest]) {
      const refused = await refusalOf(organizationsOf(other).deleteSandboxOrganization({ orgId: id }));
      expect(refused).toMatchObject({ code: Code.NotFound, reason: 'ORGANIZATION_NOT_FOUND' });
    }
    const nothing = organizationsOf(nora).deleteSandboxOrganization({ orgId: randomUUID() });
    expect((await refusalOf(nothing)).code).toBe(Code.NotFound);
    const standard = { orgId: cast.acme.id };
    expect(await refusalOf(organizationsOf(cast.alice).deleteSandboxOrganization(standard))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'ORGANIZATION_IS_NO_SANDBOX',
    });
    for (const other of [cast.max, cast.mallory]) {
      const refused = organizationsOf(other).deleteSandboxOrganization(standard);
      expect((await refusalOf(refused)).code).toBe(Code.NotFound);
    }
    expect((await inside(nora, id).client(RoleService).listRoles({})).roles).toHaveLength(4);
  });

  test('twice at once is one deletion', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora);
    const client = organizationsOf(nora);
    const replies = await Promise.all([1, 2, 3].map(() => client.deleteSandboxOrganization({ orgId: id })));
    const ids = new Set(replies.map(({ workflowId }) => workflowId));
    expect(ids.size).toBe(1);
    await untilGone(s.database, id);
    expect(ids).toContain((await client.deleteSandboxOrganization({ orgId: id })).workflowId);
    const other = organizationsOf(cast.mallory).deleteSandboxOrganization({ orgId: id });
    expect((await refusalOf(other)).code).toBe(Code.NotFound);
    expect(ids).toContain((await remains(s.database, id))?.deletion_id);
  });

  test('refuses everybody inside at once, before anything is gone', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora);
    const key = await addApiKey(s, { id, roles: cast.acme.roles }, [Permission.ORG_READ]);
    const admin = inside(nora, id);
    await admin.client(RoleService).listRoles({});
    await key.client(RoleService).listRoles({});
    const holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    try {
      // Somebody who reads the organization keeps the purge waiting, not the refusal.
      await holder.query('begin');
      await holder.query('select from role where org_id = $1 for update', [id]);
      await organizationsOf(nora).deleteSandboxOrganization({ orgId: id });
      for (const caller of [admin, key]) {
        await eventually('the caches have heard of it', async () => {
          const { reason } = await refusalOf(caller.client(RoleService).listRoles({}));
          return reason === 'ORGANIZATION_EXPIRED';
        });
      }
    } finally {
      await holder.query('rollback');
      await holder.end();
    }
    await untilGone(s.database, id);
    for (const [caller, reason] of [
      [admin, 'NOT_A_MEMBER'],
      [key, 'API_KEY_INVALID'],
    ] as const) {
      await eventually('the caches have heard of it', async () => {
        return (await refusalOf(caller.client(RoleService).listRoles({}))).reason === reason;
      });
    }
  });

  test('leaves no row in any table, nor a job; a record of it stays, and its people', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora, { fixtureId: 'fintech' });
    const admin = inside(nora, id);
    const { campaigns } = await admin.client(CampaignService).listCampaigns({});
    await admin.client(CampaignService).startCampaign({ campaignId: campaigns[0]?.id ?? '' });
    await eventually('the campaign waits for its deadline', async () => {
      const rows = await s.database.query('select from delivery where org_id = $1', [id]);
      return rows.length > 0;
    });
    // A row in every table, also in those to come; the worker may have drained the batch of events already.
    await plantRows(s.database, await tenantTables(s.database), id, 'planted');
    await s.database.query(
      `select graphile_worker.add_job('campaign.advance', json_build_object('orgId', $1::text), run_at := now() + interval '1 year')`,
      [id],
    );
    const holding = new Set([...(await tablesHolding(s.database, id)), 'ingest_batch']);
    expect(holding.size).toBe((await tenantTables(s.database)).length);

    const { workflowId } = await organizationsOf(nora).deleteSandboxOrganization({ orgId: id });
    await untilGone(s.database, id);
    expect(await tablesHolding(s.database, id)).toEqual([]);
    await eventually('no job is left', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker._private_jobs where payload->>'orgId' = $1`,
        [id],
      );
      return jobs.length === 0;
    });
    expect(await remains(s.database, id)).toMatchObject({
      created_by: nora.identityId,
      deletion_id: workflowId,
      deletion_reason: 'requested',
      deletion_actor_kind: 'person',
      deletion_actor_id: nora.identityId,
      purged_at: expect.any(Date),
    });
    await eventually('the log', async () => s.logLines().some((line) => line.deletionId === workflowId));
    expect((await nora.client(AuthService).whoAmI({})).orgId).toBe(cast.other.id);
  });
});

describe('people who were invited to a sandbox', () => {
  test('and never came are forgotten; those who are somebody elsewhere, or have signed in, are not', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora);
    const tag = randomUUID();
    const [colleague, visitor] = [`colleague-${tag}@other.example`, `visitor-${tag}@other.example`];
    const emails = [`stranger-${tag}@other.example`, colleague, visitor];
    await cast.mallory.client(MemberService).inviteUser({ email: colleague });
    for (const email of emails) await inside(nora, id).client(MemberService).inviteUser({ email });
    await s.database.query(
      `insert into session (id, identity_id, created_at, last_used_at, expires_at)
       select gen_random_uuid(), id, now(), now(), now() + interval '1 day' from identity where email = $1`,
      [visitor],
    );
    await organizationsOf(nora).deleteSandboxOrganization({ orgId: id });
    await untilGone(s.database, id);
    const left = await s.database.query<{ email: string }>(
      'select email from identity where email = any ($1) order by email',
      [[...emails, nora.email]],
    );
    expect(left.map(({ email }) => email)).toEqual([colleague, nora.email, visitor]);
  });
});

describe('an expired sandbox', () => {
  test('answers nobody, and is deleted by the clean-up', async () => {
    const nora = await newcomer();
    const { id } = await createSandbox(nora, { lifeMs: 2 * HOUR_MS, fixtureId: '' });
    const stays = await createSandbox(nora, { lifeMs: DAY_MS });
    await travel(2 * HOUR_MS);
    const later = await newcomerToken(nora, id);
    expect(await refusalOf(later.client(OrganizationService).getOrganization({}))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'ORGANIZATION_EXPIRED',
    });
    await s.database.query(`select graphile_worker.add_job('sandbox.sweep')`);
    await untilGone(s.database, id);
    expect(await tablesHolding(s.database, id)).toEqual([]);
    expect(await remains(s.database, id)).toMatchObject({
      deletion_reason: 'expired',
      deletion_actor_kind: 'system',
      deletion_actor_id: '',
    });
    expect((await remains(s.database, stays.id))?.deletion_id).toBeNull();
    expect((await nora.client(OrganizationService).listUserSandboxes({})).sandboxes).toHaveLength(1);
  });

  /** The headers of an actor are as old as the actor; their client is not. */
  async function newcomerToken(actor: Actor, orgId: string): Promise<Actor> {
    await actor.client(OrganizationService).listUserOrganizations({});
    const fresh = await addMember(
      s,
      { id: cast.other.id, roles: cast.other.roles },
      { email: `fresh-${randomUUID()}@other.example`, role: 'employee' },
    );
    await s.database.query('update member set identity_id = $1 where org_id = $2 and identity_id = $3', [
      fresh.identityId,
      orgId,
      actor.identityId,
    ]);
    return inside(fresh, orgId);
  }
});
