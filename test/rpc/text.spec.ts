import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { codeFor } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s.stop());

const TEMPLATE = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';

/** Calls that name something, each with the field that is the name. */
const named: [string, string, (name: string) => Promise<unknown>][] = [
  ['a role', 'name', (name) => cast.alice.client(RoleService).createRole({ name, permissions: [13] })],
  ['a team', 'name', (name) => cast.alice.client(TeamService).createTeam({ name })],
  ['a group', 'name', (name) => cast.alice.client(GroupService).createGroup({ name })],
  ['an organization', 'name', (name) => cast.alice.client(OrganizationService).updateOrganization({ name })],
  [
    'a key',
    'name',
    (name) => cast.alice.client(ApiKeyService).createApiKey({ name, permissions: [P.ORG_READ] }),
  ],
  ['a template', 'name', (name) => cast.alice.client(TemplateService).createTemplate({ name, body: 'x' })],
  [
    'the sender of a campaign',
    'sender_name',
    (senderName) =>
      cast.alice
        .client(CampaignService)
        .createCampaign({ name: 'Drill', templateId: TEMPLATE, senderName, workflow: {} }),
  ],
  [
    'an action',
    'workflow.steps[0].send_notification.action_label',
    (actionLabel) =>
      cast.alice.client(CampaignService).createCampaign({
        name: 'Drill',
        templateId: TEMPLATE,
        workflow: {
          steps: [
            { id: 'a', type: 1, config: { case: 'sendNotification', value: { type: 'push', actionLabel } } },
          ],
        },
      }),
  ],
  [
    'a person',
    'profile.first_name',
    (firstName) => cast.alice.client(MemberService).updateUserProfile({ profile: { firstName } }),
  ],
];

describe.each(named)('the name of %s', (_what, field, call) => {
  test.each([
    ['blanks', '   '],
    ['a zero-width space', '\u200B'],
    ['an escape', 'Acme\u001B[2J'],
    ['text that runs backwards', 'Acme \u202Egpj'],
  ])('is not %s', async (_kind, name) => {
    expect(await refusalOf(call(name))).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });
});

test('a name is kept in one form, and twins are refused at creation and renaming', async () => {
  const teams = cast.alice.client(TeamService);
  const { team } = await teams.createTeam({ name: ' Warehouse  Cafe\u0301 \n' });
  expect(team?.name).toBe('Warehouse Café');
  const { team: other } = await teams.createTeam({ name: 'Other' });
  for (const name of ['warehouse café', 'WAREHOUSE CAFE\u0301', '\tWarehouse\u00A0Café']) {
    for (const call of [
      () => teams.createTeam({ name }),
      () => teams.updateTeam({ teamId: other?.id, name }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ code: Code.AlreadyExists, reason: 'TEAM_EXISTS' });
    }
  }
  const { team: renamed } = await teams.updateTeam({ teamId: team?.id, name: 'WAREHOUSE Café' });
  expect(renamed?.name).toBe('WAREHOUSE Café');
});

test('no two roles have a name that people take for one, in any script', async () => {
  const roles = cast.alice.client(RoleService);
  await roles.createRole({ name: 'Склад', permissions: [13] });
  const { role } = await roles.createRole({ name: 'Офис', permissions: [13] });
  for (const call of [
    () => roles.createRole({ name: 'СКЛАД', permissions: [13] }),
    () => roles.updateRole({ roleId: role?.id, name: 'склад ' }),
    () => roles.updateRole({ roleId: role?.id, name: 'employee' }),
  ]) {
    expect(await refusalOf(call())).toMatchObject({ code: Code.AlreadyExists, reason: 'ROLE_EXISTS' });
  }
});

describe('an address', () => {
  const members = () => cast.alice.client(MemberService);

  test('is one, however somebody writes it: at the invitation, in a list, at sign-in', async () => {
    const { user } = await members().inviteUser({ email: ' Bo@Bücher.example.\n' });
    expect(user?.email).toBe('bo@xn--bcher-kva.example');
    const again = await refusalOf(members().inviteUser({ email: 'bo@BU\u0308CHER.example' }));
    expect(again.reason).toBe('MEMBER_EXISTS');
    const { results } = await members().bulkInviteUsers({
      emails: [
        'bo@xn--bcher-kva.example',
        ' li@bücher.example',
        'LI@xn--bcher-kva.example',
        'no',
        '\u212Ai@a.example',
      ],
    });
    expect(results.map(({ success }) => success)).toEqual([false, true, false, false]);
    const code = await codeFor(s, 'bo@xn--bcher-kva.example');
    const { tokens } = await s.client(AuthService).verifySignInCode({ email: ' BO@bücher.example', code });
    expect(tokens?.accessToken).toMatch(/./);
  });

  test.each([
    ['the Kelvin sign', '\u212Aarl@acme.example'],
    ['a full-width domain', 'karl@\uFF41cme.example'],
    ['a byte order mark', '\uFEFFkarl@acme.example'],
    ['a soft hyphen', 'ka\u00ADrl@acme.example'],
  ])('of another mailbox is not taken for it: %s', async (_kind, email) => {
    for (const call of [
      () => members().inviteUser({ email }),
      () => s.client(AuthService).requestSignInCode({ email }),
      () => s.client(AuthService).verifySignInCode({ email, code: '123456' }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ code: Code.InvalidArgument, fields: ['email'] });
    }
  });
});

test('a domain is one, in Unicode and in ASCII', async () => {
  const domains = cast.alice.client(DomainService);
  const { domain } = await domains.addDomain({ name: ' Bücher.example. ' });
  expect(domain?.name).toBe('xn--bcher-kva.example');
  await domains.addDomain({ name: 'xn--bcher-kva.example' });
  expect((await domains.listDomains({})).domains).toHaveLength(1);
  for (const name of ['\uFF41cme.example', 'ac\u00ADme.example', 'acme\u200B.example']) {
    expect(await refusalOf(domains.addDomain({ name }))).toMatchObject({ code: Code.InvalidArgument });
  }
});
