import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import {
  ApiKeyKind,
  ProjectsService as ShippedProjects,
} from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { KeyFamily, ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import {
  ApiKeyType,
  ProjectsService as DocumentedProjects,
} from '@dovecote/contract/projects/v1/projects_pb';
import { CustomersService } from '@dovecote/contract/customers/v1/customers_pb';
import { PasswordSetting, PasswordSettingsService } from '@dovecote/contract/dovecote/auth/v1/password_pb';
import { v7 as uuid } from 'uuid';
import { accessTable } from '../../src/platform/access/index.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { type Cast, seedCast } from '../support/cast.js';
import { signInAgain } from '../support/dashboards.js';
import { eventually } from '../support/eventually.js';
import { newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Calls that need a recent proof for some of what they can be asked. */

const stale = { code: Code.Unauthenticated, reason: 'INSUFFICIENT_USER_AUTHENTICATION' };

let s: TestServer;
let cast: Cast;
let folder: string;
/** Alice, with a proof of an hour ago. */
let old: <S extends DescService>(service: S) => Client<S>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-depends-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
  const { identityId, sessionId, email, orgId } = cast.alice;
  const { token } = await s.server.app
    .get(AccessTokens, { strict: false })
    .issue({ identityId, sessionId, email, orgId, provenAt: Date.now() - 3_600_000 });
  // Nothing but calls in a project looks at the second one.
  old = (service) => s.client(service, { authorization: `Bearer ${token}`, 'x-project-id': cast.site.id });
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const refuses = async (call: Promise<unknown>) => expect(await refusalOf(call)).toMatchObject(stale);
/** As the public contracts say it, in which UNAUTHENTICATED ends a token. */
const refusesInPublic = async (call: Promise<unknown>) => {
  const refused = await refusalOf(call);
  expect(refused.code).toBe(Code.FailedPrecondition);
  expect(refused.message).toMatch(signInAgain);
};
const manager = () => cast.acme.roles.manager;

async function made<T>(find: () => Promise<T | undefined>): Promise<T> {
  return eventually('the export is made', async () => (await find()) ?? false);
}

const linkIn = ({ metadata }: { metadata: Record<string, string> }) => metadata.result_url;

/** By full name: what is refused with an old proof, and what is not. */
const cases: Record<string, () => Promise<void>> = {
  '/pidgr.v1.MemberService/InviteUser': async () => {
    const invite = (roleId: string) => old(MemberService).inviteUser({ email: newEmail(), roleId });
    await refuses(invite(cast.acme.roles.super_admin));
    await refuses(invite(manager()));
    await invite('');
    await cast.kiosk.client(MemberService).inviteUser({ email: newEmail(), roleId: manager() });
  },
  '/pidgr.v1.MemberService/BulkInviteUsers': async () => {
    await refuses(old(MemberService).bulkInviteUsers({ emails: [newEmail()], roleId: manager() }));
    await old(MemberService).bulkInviteUsers({ emails: [newEmail()] });
  },
  '/pidgr.v1.InviteLinkService/CreateInviteLink': async () => {
    await refuses(old(InviteLinkService).createInviteLink({ roleId: cast.acme.roles.super_admin }));
    await old(InviteLinkService).createInviteLink({});
  },
  '/pidgr.v1.InviteLinkService/ListInviteLinks': async () => {
    const links = cast.alice.client(InviteLinkService);
    const { inviteLink } = await links.createInviteLink({ roleId: manager() });
    const tokenOf = async (client: typeof links) =>
      (await client.listInviteLinks({})).inviteLinks.find(({ id }) => id === inviteLink?.id)?.token;
    expect(await tokenOf(old(InviteLinkService))).toBe('');
    expect(await tokenOf(links)).toBe(inviteLink?.token);
  },
  '/pidgr.v1.AuditService/ListAuditExports': async () => {
    const trail = cast.alice.client(AuditService);
    await trail.exportAuditTrail({ format: 1 });
    const list = async (client: typeof trail) => (await client.listAuditExports({})).exports;
    await made(async () => (await list(trail)).find(({ resultUrl }) => resultUrl !== ''));
    expect((await list(old(AuditService))).map(({ resultUrl }) => resultUrl)).toEqual(['']);
  },
  '/pidgr.v1.PrivacyService/ListPrivacyRequests': async () => {
    const privacy = cast.alice.client(PrivacyService);
    await privacy.exportOrgData({});
    const list = async (client: typeof privacy) => (await client.listPrivacyRequests({})).requests;
    await made(async () => (await list(privacy)).find(linkIn));
    const [seen] = await list(old(PrivacyService));
    expect(Object.keys(seen?.metadata ?? {})).toEqual([]);
  },
  '/pidgr.v1.PrivacyService/ListMyPrivacyRequests': async () => {
    const privacy = cast.alice.client(PrivacyService);
    await privacy.exportUserData({ userId: cast.alice.userId });
    const list = async (client: typeof privacy) => (await client.listMyPrivacyRequests({})).requests;
    await made(async () => (await list(privacy)).find(linkIn));
    expect((await list(old(PrivacyService))).map(linkIn)).toEqual([undefined]);
  },
  '/pidgr.v1.OrganizationService/UpdateOrganization': async () => {
    const url = 'https://hooks.example.com/done';
    const step = { id: 'call', type: StepType.CALL_WEBHOOK, transitions: {} };
    const config = { case: 'callWebhook', value: { url } } as const;
    const defaultWorkflow = { steps: [{ ...step, config }] };
    await refuses(old(OrganizationService).updateOrganization({ defaultWorkflow, mlManualLimitMonthly: -1 }));
    await old(OrganizationService).updateOrganization({ name: 'Acme', mlManualLimitMonthly: -1 });
  },
  '/dovecote.project.v1.ProjectService/UpdateProject': async () => {
    const { id: projectId } = cast.site;
    await refuses(old(ProjectService).updateProject({ projectId, retentionDays: 30 }));
    await old(ProjectService).updateProject({ projectId, zone: 'Asia/Kolkata', retentionDays: 0 });
    await cast.alice.client(ProjectService).updateProject({ projectId, retentionDays: 30 });
    await old(ProjectService).updateProject({ projectId, retentionDays: 31 });
  },
  '/dovecote.project.v1.ProjectService/CreateProjectKey': async () => {
    const create = (family: KeyFamily) =>
      old(ProjectService).createProjectKey({ projectId: cast.site.id, family, name: 'x' });
    await refuses(create(KeyFamily.SHARED));
    await refuses(create(KeyFamily.PRIVATE));
    await create(KeyFamily.SDK);
    await create(KeyFamily.PUBLIC);
    await cast.kiosk
      .client(ProjectService)
      .createProjectKey({ projectId: cast.site.id, family: KeyFamily.SHARED, name: 'x' });
  },
  '/projects.v1.ProjectsService/CreateApiKey': async () => {
    await refusesInPublic(old(DocumentedProjects).createApiKey({ type: ApiKeyType.SHARED }));
    await old(DocumentedProjects).createApiKey({ type: ApiKeyType.SDK });
  },
  '/dashboard.projects.v1.ProjectsService/CreateApiKey': async () => {
    await refusesInPublic(old(ShippedProjects).createApiKey({ kind: ApiKeyKind.PRIVATE }));
    await old(ShippedProjects).createApiKey({ kind: ApiKeyKind.PUBLIC });
  },
  '/customers.v1.CustomersService/Update': async () => {
    await cast.alice.client(PasswordSettingsService).updatePasswordSettings({ setting: PasswordSetting.ON });
    await refusesInPublic(old(CustomersService).update({ password: 'a long enough password' }));
    await old(CustomersService).update({ name: 'Alice' });
  },
  '/dovecote.auth.v1.AuthService/RevokeSession': async () => {
    await refuses(old(AuthService).revokeSession({ sessionId: uuid() }));
    await old(AuthService).revokeSession({ sessionId: cast.alice.sessionId });
  },
};

const depending = [...accessTable].filter(([, { proof }]) => proof.need === 'depends').map(([rpc]) => rpc);

test('every call whose proof depends has its case here', () => {
  expect(Object.keys(cases).sort()).toEqual(depending.sort());
});

test.each(Object.keys(cases))('%s', async (rpc) => {
  await cases[rpc]?.();
});
