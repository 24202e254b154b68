import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { StepType, type VerificationUnitLevel } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import {
  CompanySize,
  Industry,
  OrganizationService,
  OrgType,
  type UpdateOrganizationRequestSchema,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { createTemplate } from '../support/campaigns.js';
import { addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

function auditRows(orgId: string, type: string): Promise<Record<string, unknown>[]> {
  return s.database.query('select * from audit_event where org_id = $1 and event_type = $2 order by id', [
    orgId,
    type,
  ]);
}

describe('CreateOrganization', () => {
  test('refuses an API key and a stranger', async () => {
    const byKey = await refusalOf(cast.kiosk.client(OrganizationService).createOrganization({ name: 'New' }));
    expect(byKey.code).toBe(Code.PermissionDenied);
    const byStranger = await refusalOf(s.client(OrganizationService).createOrganization({ name: 'New' }));
    expect(byStranger.code).toBe(Code.Unauthenticated);
  });

  test('refuses a name that is missing or too long, a region that is none', async () => {
    const client = cast.erin.client(OrganizationService);
    for (const request of [
      { name: '' },
      { name: 'x'.repeat(201) },
      { name: 'New', dataGovernanceRegion: 'MARS' },
    ]) {
      expect((await refusalOf(client.createOrganization(request))).code).toBe(Code.InvalidArgument);
    }
  });

  test('gives the caller an organization of their own, with roles and a workflow', async () => {
    const client = cast.erin.client(OrganizationService);
    const reply = await client.createOrganization({
      name: 'Erin & Co',
      industry: Industry.MEDIA,
      companySize: CompanySize.COMPANY_SIZE_1_200,
      accessCode: 'PIDGR-ABCD2345',
    });
    const { organization, adminUser } = reply;
    expect(organization).toMatchObject({
      name: 'Erin & Co',
      industry: Industry.MEDIA,
      companySize: CompanySize.COMPANY_SIZE_1_200,
      orgType: OrgType.STANDARD,
      dataGovernanceRegion: 'US',
      defaultLocale: '',
      mlRetrainColdThreshold: 10,
      mlCancelledCounts: true,
      mlManualLimitMonthly: 3,
      provisionalArchetypesEnabled: false,
    });
    expect(organization?.includeSyntheticInAggregates).toBeUndefined();
    expect(organization?.defaultWorkflow?.steps.map(({ type }) => type)).toEqual([
      StepType.SEND_NOTIFICATION,
      StepType.DEADLINE_CHECK,
      StepType.MARK_MISSED,
    ]);
    expect(adminUser).toMatchObject({ email: cast.erin.email, status: UserStatus.ACTIVE });
    expect(adminUser?.role).toMatchObject({ slug: 'super_admin', isSystem: true });

    const orgId = organization?.id ?? '';
    const chosen = { ...cast.erin.headers, 'x-org-id': orgId };
    const { roles } = await s.client(RoleService, chosen).listRoles({});
    expect(roles.map(({ slug }) => slug)).toEqual(['super_admin', 'admin', 'manager', 'employee']);
    expect(await auditRows(orgId, 'ORG_CREATED')).toMatchObject([
      { actor_kind: 'member', actor_id: adminUser?.id, entity_id: orgId },
    ]);
  });
});

describe('GetOrganization', () => {
  test('needs ORG_READ and shows the own organization only', async () => {
    const byErin = await refusalOf(cast.erin.client(OrganizationService).getOrganization({}));
    expect(byErin.code).toBe(Code.PermissionDenied);
    const foreign = { ...cast.mallory.headers, 'x-org-id': cast.acme.id };
    const byMallory = await refusalOf(s.client(OrganizationService, foreign).getOrganization({}));
    expect(byMallory.code).toBe(Code.PermissionDenied);

    for (const reader of [cast.max, cast.kiosk]) {
      const { organization } = await reader.client(OrganizationService).getOrganization({});
      expect(organization).toMatchObject({ id: cast.acme.id, name: 'Acme' });
    }
  });

  test('answers for a suspended organization, alone among the calls', async () => {
    const frozen = await addOrganization(s, 'Frozen');
    const fay = await addMember(s, frozen, { email: 'fay@frozen.example', role: 'super_admin' });
    await s.database.query('update organization set suspended_at = now() where id = $1', [frozen.id]);
    const refused = await refusalOf(fay.client(RoleService).listRoles({}));
    expect(refused.code).toBe(Code.FailedPrecondition);
    const { organization } = await fay.client(OrganizationService).getOrganization({});
    expect(organization?.name).toBe('Frozen');
  });
});

describe('UpdateOrganization', () => {
  const untouched = { mlManualLimitMonthly: -1 };

  test('needs ORG_WRITE', async () => {
    const byMax = cast.max.client(OrganizationService).updateOrganization({ ...untouched, name: 'Mine' });
    expect((await refusalOf(byMax)).code).toBe(Code.PermissionDenied);
  });

  test('refuses a workflow with a cycle, naming the field', async () => {
    const steps = ['a', 'b'].map((id) => ({
      id,
      type: StepType.DEADLINE_CHECK,
      config: { case: 'deadlineCheck' as const, value: { delay: '1h' } },
      transitions: { completed: id === 'a' ? 'b' : 'a' },
    }));
    const client = cast.alice.client(OrganizationService);
    const error = await refusalOf(client.updateOrganization({ ...untouched, defaultWorkflow: { steps } }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.message).toContain('default_workflow.steps[1].transitions["completed"]');
    const none = client.updateOrganization({ ...untouched, defaultWorkflow: { steps: [] } });
    expect((await refusalOf(none)).code).toBe(Code.InvalidArgument);
  });

  test('refuses a workflow whose steps name templates that are not there, naming each', async () => {
    const here = await createTemplate(cast.max);
    const there = await createTemplate(cast.mallory);
    const step = (id: string, templateId: string, templateVersion: number, next: string) => ({
      id,
      type: StepType.SEND_NOTIFICATION,
      config: { case: 'sendNotification' as const, value: { type: 'push', templateId, templateVersion } },
      transitions: { completed: next },
    });
    const client = cast.alice.client(OrganizationService);
    const refused = await refusalOf(
      client.updateOrganization({
        ...untouched,
        defaultWorkflow: {
          steps: [
            step('known', here, 1, 'version'),
            step('version', here, 7, 'foreign'),
            step('foreign', there, 1, 'end'),
          ],
        },
      }),
    );
    expect(refused).toMatchObject({
      code: Code.InvalidArgument,
      fields: [1, 2].map((index) => `default_workflow.steps[${index}].send_notification.template_id`),
    });
    const sound = {
      steps: [step('known', here.toUpperCase(), 0, 'campaigns'), step('campaigns', '', 0, 'end')],
    };
    await client.updateOrganization({ ...untouched, defaultWorkflow: sound });
  });

  test('refuses what is out of range', async () => {
    const client = cast.alice.client(OrganizationService);
    const outOfRange: [MessageInitShape<typeof UpdateOrganizationRequestSchema>, string][] = [
      [{ name: 'x'.repeat(201) }, 'name'],
      [{ defaultLocale: 'de' }, 'default_locale'],
      [{ mlRetrainColdThreshold: -1 }, 'ml_retrain_cold_threshold'],
      [{ mlRetrainColdThreshold: 101 }, 'ml_retrain_cold_threshold'],
      [{ mlManualLimitMonthly: 11 }, 'ml_manual_limit_monthly'],
      [{ industry: 99 as Industry }, 'industry'],
      [{ companySize: 99 as CompanySize }, 'company_size'],
      [{ defaultVerificationUnitLevel: 99 as VerificationUnitLevel }, 'default_verification_unit_level'],
    ];
    for (const [request, field] of outOfRange) {
      const refused = await refusalOf(client.updateOrganization({ ...untouched, ...request }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
    }
  });

  test('refuses provisional archetypes on a sandbox', async () => {
    const sandbox = await addOrganization(s, 'Sandbox');
    await s.database.query('update organization set org_type = 2 where id = $1', [sandbox.id]);
    const sam = await addMember(s, sandbox, { email: 'sam@sandbox.example', role: 'super_admin' });
    const client = sam.client(OrganizationService);
    const error = await refusalOf(
      client.updateOrganization({ ...untouched, provisionalArchetypesEnabled: true }),
    );
    expect(error.code).toBe(Code.FailedPrecondition);
  });

  test('changes what is named and leaves the rest', async () => {
    const client = cast.alice.client(OrganizationService);
    const before = (await client.getOrganization({})).organization;
    const same = (await client.updateOrganization(untouched)).organization;
    expect(same).toEqual(before);

    const { organization } = await client.updateOrganization({
      name: 'Acme Ltd',
      industry: Industry.RETAIL,
      defaultLocale: 'pt-BR',
      mlRetrainColdThreshold: 25,
      mlCancelledCounts: false,
      mlManualLimitMonthly: 0,
      includeSyntheticInAggregates: true,
      provisionalArchetypesEnabled: true,
      defaultWorkflow: {
        steps: [
          {
            id: 'say',
            type: StepType.SEND_NOTIFICATION,
            config: { case: 'sendNotification', value: { type: 'push' } },
            transitions: { completed: 'end' },
          },
        ],
      },
    });
    expect(organization).toMatchObject({
      name: 'Acme Ltd',
      industry: Industry.RETAIL,
      companySize: before?.companySize,
      defaultLocale: 'pt-BR',
      mlRetrainColdThreshold: 25,
      mlCancelledCounts: false,
      mlManualLimitMonthly: 0,
      includeSyntheticInAggregates: true,
      provisionalArchetypesEnabled: true,
    });
    expect(organization?.defaultWorkflow?.steps).toMatchObject([{ id: 'say' }]);
    expect((await client.getOrganization({})).organization).toEqual(organization);
    const audit = await auditRows(cast.acme.id, 'ORG_UPDATED');
    expect(audit.at(-1)).toMatchObject({ actor_id: cast.alice.userId });
    expect(audit.at(-1)?.metadata).toMatchObject({ fields: expect.stringContaining('mlManualLimitMonthly') });
  });

  test('keeps both of two changes made at once', async () => {
    const client = cast.alice.client(OrganizationService);
    await Promise.all([
      client.updateOrganization({ ...untouched, name: 'Acme at once' }),
      client.updateOrganization({ ...untouched, defaultLocale: 'es' }),
    ]);
    const { organization } = await client.getOrganization({});
    expect(organization).toMatchObject({ name: 'Acme at once', defaultLocale: 'es' });
  });
});

describe('UpdateSsoAttributeMappings', () => {
  const mapping = { idpClaim: 'http://schemas.example/dept', profileField: 'department' };

  test('needs ORG_WRITE, and fields that a profile has', async () => {
    const byMax = cast.max.client(OrganizationService).updateSsoAttributeMappings({});
    expect((await refusalOf(byMax)).code).toBe(Code.PermissionDenied);
    const unknown = cast.alice.client(OrganizationService).updateSsoAttributeMappings({
      ssoAttributeMappings: [{ ...mapping, profileField: 'salary' }],
    });
    expect((await refusalOf(unknown)).code).toBe(Code.InvalidArgument);
  });

  test('replaces the whole, and clears it', async () => {
    const client = cast.alice.client(OrganizationService);
    const custom = { idpClaim: 'badge', profileField: 'custom:badge' };
    await client.updateSsoAttributeMappings({ ssoAttributeMappings: [mapping] });
    const { organization } = await client.updateSsoAttributeMappings({ ssoAttributeMappings: [custom] });
    expect(organization?.ssoAttributeMappings).toMatchObject([custom]);
    expect(organization?.ssoAttributeMappings).toHaveLength(1);
    const cleared = await client.updateSsoAttributeMappings({});
    expect(cleared.organization?.ssoAttributeMappings).toEqual([]);
    expect(await auditRows(cast.acme.id, 'SSO_CONFIGURED')).toHaveLength(3);
  });
});

describe('ListUserOrganizations', () => {
  test('refuses an API key', async () => {
    const error = await refusalOf(cast.kiosk.client(OrganizationService).listUserOrganizations({}));
    expect(error.code).toBe(Code.PermissionDenied);
  });

  test('lists the own ones, oldest first, without expired sandboxes and where one is shut out', async () => {
    const email = 'olga@everywhere.example';
    const [first, expired, left, last] = [
      await addOrganization(s, 'First'),
      await addOrganization(s, 'Expired'),
      await addOrganization(s, 'Left'),
      await addOrganization(s, 'Last'),
    ];
    await s.database.query(
      `update organization set org_type = 2, expires_at = now() - interval '1 hour' where id = $1`,
      [expired.id],
    );
    await addMember(s, last, { email, role: 'employee' });
    await addMember(s, expired, { email, role: 'employee' });
    await addMember(s, left, { email, role: 'employee', status: UserStatus.DEACTIVATED });
    const olga = await addMember(s, first, { email, role: 'employee' });
    const { organizations } = await olga.client(OrganizationService).listUserOrganizations({});
    expect(organizations.map(({ name }) => name)).toEqual(['First', 'Last']);
  });
});
