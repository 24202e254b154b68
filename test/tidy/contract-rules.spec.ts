import { describe, expect, test } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { VerifySignInCodeRequestSchema } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SubmitActionRequestSchema } from '@dovecote/contract/pidgr/v1/action_pb';
import { CreateApiKeyRequestSchema } from '@dovecote/contract/pidgr/v1/api_key_pb';
import {
  CreateCampaignRequestSchema,
  GetCampaignByShortCodeRequestSchema,
  GetCampaignRequestSchema,
  ListCampaignsRequestSchema,
  UpdateCampaignRequestSchema,
} from '@dovecote/contract/pidgr/v1/campaign_pb';
import { Permission, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { RegisterRequestSchema } from '@dovecote/contract/pidgr/v1/device_pb';
import { AddGroupMembersRequestSchema } from '@dovecote/contract/pidgr/v1/group_pb';
import {
  IngestTouchEventsRequestSchema,
  QueryHeatmapDataRequestSchema,
} from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { SyncRequestSchema } from '@dovecote/contract/pidgr/v1/inbox_pb';
import {
  BulkInviteUsersRequestSchema,
  GetUserRequestSchema,
  InviteUserRequestSchema,
  UpdateUserProfileRequestSchema,
  UpdateUserSettingsRequestSchema,
} from '@dovecote/contract/pidgr/v1/member_pb';
import {
  CreateSandboxOrganizationRequestSchema,
  UpdateAnalyticsEpsilonRequestSchema,
  UpdateOrganizationRequestSchema,
  UpdateSsoAttributeMappingsRequestSchema,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { UpdateRoleRequestSchema } from '@dovecote/contract/pidgr/v1/role_pb';
import { CreateTemplateRequestSchema } from '@dovecote/contract/pidgr/v1/template_pb';

const ID = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';
const UNKNOWN_PERMISSION = 999 as Permission; // as a newer client could send
const validator = createValidator();

function violations<D extends DescMessage>(schema: D, init: MessageInitShape<D>): string[] {
  const result = validator.validate(schema, create(schema, init));
  if (result.kind === 'error') throw result.error;
  return (result.violations ?? []).map((violation) => violation.ruleId);
}

interface Case {
  name: string;
  violations: () => string[];
}

function given<D extends DescMessage>(name: string, schema: D, init: MessageInitShape<D>): Case {
  return { name: `${schema.name}: ${name}`, violations: () => violations(schema, init) };
}

const campaign = { name: 'Fire drill', templateId: ID, workflow: {} };

describe('refuses', () => {
  test.each([
    given('no id', GetCampaignRequestSchema, {}),
    given('an id that is no UUID', GetCampaignRequestSchema, { campaignId: 'campaign-1' }),
    given('a negative page size', ListCampaignsRequestSchema, { pagination: { pageSize: -1 } }),
    given('no workflow', CreateCampaignRequestSchema, { ...campaign, workflow: undefined }),
    given('no name', CreateCampaignRequestSchema, { ...campaign, name: '' }),
    given('a name of 201 characters', CreateCampaignRequestSchema, { ...campaign, name: 'é'.repeat(201) }),
    given('an unknown language', CreateCampaignRequestSchema, { ...campaign, defaultLocale: 'fr' }),
    given('101 steps', CreateCampaignRequestSchema, { ...campaign, workflow: { steps: steps(101) } }),
    given('a step without a type', CreateCampaignRequestSchema, {
      ...campaign,
      workflow: { steps: [{ id: 'a' }] },
    }),
    given('11 transitions', CreateCampaignRequestSchema, {
      ...campaign,
      workflow: { steps: [{ ...steps(1)[0], transitions: pairs(11, 'end') }] },
    }),
    given('a notification by e-mail', CreateCampaignRequestSchema, {
      ...campaign,
      workflow: {
        steps: [{ ...steps(1)[0], config: { case: 'sendNotification', value: { type: 'email' } } }],
      },
    }),
    given('100,001 people', CreateCampaignRequestSchema, {
      ...campaign,
      userIds: new Array<string>(100_001).fill(ID),
    }),
    given('a short code of 7', GetCampaignByShortCodeRequestSchema, { shortCode: 'abcdefg' }),
    given('no permission', CreateApiKeyRequestSchema, { name: 'ci' }),
    given('permission 0', CreateApiKeyRequestSchema, { name: 'ci', permissions: [0] }),
    given('permission 999', CreateApiKeyRequestSchema, { name: 'ci', permissions: [UNKNOWN_PERMISSION] }),
    given('no platform', RegisterRequestSchema, { deviceId: ID }),
    given('101 members', AddGroupMembersRequestSchema, { groupId: ID, userIds: new Array(101).fill(ID) }),
    given('101 touches', IngestTouchEventsRequestSchema, { events: new Array(101).fill({}) }),
    given('a fine grid', QueryHeatmapDataRequestSchema, { screenName: 'Inbox', gridResolution: 0.004 }),
    given('limit 201', SyncRequestSchema, { limit: 201 }),
    given('limit -1', SyncRequestSchema, { limit: -1 }),
    given('an address without @', InviteUserRequestSchema, { email: 'ada' }),
    given('an address of 255', InviteUserRequestSchema, { email: `${'a'.repeat(243)}@example.org` }),
    given('an unknown region', InviteUserRequestSchema, {
      email: 'a@example.org',
      dataGovernanceRegion: 'UK',
    }),
    given('nobody', BulkInviteUsersRequestSchema, {}),
    given('51 attributes', UpdateUserProfileRequestSchema, { profile: { customAttributes: pairs(51, 'x') } }),
    given('a date with slashes', UpdateUserProfileRequestSchema, { profile: { startDate: '2026/01/31' } }),
    given('a payload of 10,001 bytes', SubmitActionRequestSchema, {
      deliveryId: ID,
      actionId: 'ack',
      payload: new Uint8Array(10_001),
    }),
    given('no expiry', CreateSandboxOrganizationRequestSchema, { name: 'Trial' }),
    given('epsilon 0', UpdateAnalyticsEpsilonRequestSchema, {}),
    given('epsilon NaN', UpdateAnalyticsEpsilonRequestSchema, { epsilon: NaN }),
    given('11 manual runs', UpdateOrganizationRequestSchema, { mlManualLimitMonthly: 11 }),
    given('an unknown profile field', UpdateSsoAttributeMappingsRequestSchema, {
      ssoAttributeMappings: [{ idpClaim: 'mail', profileField: 'email' }],
    }),
    given('a body of 50,001', CreateTemplateRequestSchema, { name: 'n', body: 'x'.repeat(50_001) }),
    given('a code of letters', VerifySignInCodeRequestSchema, { email: 'a@example.org', code: '12345a' }),
  ])('$name', (request) => {
    // One violation: the rule meant, and no other.
    expect(request.violations()).toHaveLength(1);
  });
});

describe('accepts', () => {
  test.each([
    given('an id in capitals', GetCampaignRequestSchema, { campaignId: ID.toUpperCase() }),
    given('page size 500, which is cut', ListCampaignsRequestSchema, { pagination: { pageSize: 500 } }),
    given('no pagination', ListCampaignsRequestSchema, {}),
    given('nobody in the audience', CreateCampaignRequestSchema, campaign),
    given('a name of 200 characters', CreateCampaignRequestSchema, { ...campaign, name: '🐦'.repeat(200) }),
    given('a replacement by nobody', UpdateCampaignRequestSchema, {
      campaignId: ID,
      audienceReplacement: { members: [] },
    }),
    given('nothing to change', UpdateCampaignRequestSchema, { campaignId: ID }),
    given('a notification from the campaign template', CreateCampaignRequestSchema, {
      ...campaign,
      workflow: {
        steps: [{ ...steps(1)[0], config: { case: 'sendNotification', value: { type: 'push' } } }],
      },
    }),
    given('every default', CreateApiKeyRequestSchema, { name: 'ci', permissions: [Permission.ORG_READ] }),
    given('no permissions, unchanged', UpdateRoleRequestSchema, { roleId: ID, name: 'Editor' }),
    given('broken touches, which are skipped', IngestTouchEventsRequestSchema, { events: [{ xPct: 7 }] }),
    given('the default grid', QueryHeatmapDataRequestSchema, { screenName: 'Inbox' }),
    given('the finest grid', QueryHeatmapDataRequestSchema, {
      screenName: 'Inbox',
      gridResolution: Math.fround(0.005),
    }),
    given('limit 0', SyncRequestSchema, {}),
    given('limit 200', SyncRequestSchema, { limit: 200 }),
    given('oneself', GetUserRequestSchema, {}),
    given('only an address', InviteUserRequestSchema, { email: 'Ada.Lovelace+drill@example.org' }),
    given('a malformed address, which fails alone', BulkInviteUsersRequestSchema, { emails: ['ada'] }),
    given('an empty profile', UpdateUserProfileRequestSchema, { profile: {} }),
    given('no profile', UpdateUserProfileRequestSchema, {}),
    given('no settings', UpdateUserSettingsRequestSchema, { settings: {} }),
    given('every unchanged marker', UpdateOrganizationRequestSchema, { mlManualLimitMonthly: -1 }),
    given('0 manual runs', UpdateOrganizationRequestSchema, { mlManualLimitMonthly: 0 }),
    given('a custom profile field', UpdateSsoAttributeMappingsRequestSchema, {
      ssoAttributeMappings: [{ idpClaim: 'badge', profileField: 'custom:badge' }],
    }),
    given('an empty mapping', UpdateSsoAttributeMappingsRequestSchema, {}),
    given('an empty payload', SubmitActionRequestSchema, { deliveryId: ID, actionId: 'ack' }),
  ])('$name', (request) => {
    expect(request.violations()).toEqual([]);
  });
});

function steps(count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: `s${index}`, type: StepType.MARK_MISSED }));
}

function pairs(count: number, value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
}
