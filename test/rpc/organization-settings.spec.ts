import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import {
  CompanySize,
  Industry,
  OrganizationService,
  UpdateOrganizationRequestSchema,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { createCampaign } from '../support/campaigns.js';
import { addMember, addOrganization } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer();
});
afterAll(() => s?.stop());

describe('UpdateOrganization, field by field', () => {
  type Request = MessageInitShape<typeof UpdateOrganizationRequestSchema>;
  interface Field {
    /** A value that changes it, and how the organization then shows it. */
    set: Request;
    shown: Record<string, unknown>;
    /** What leaves it as it is. */
    markers: Request[];
  }
  const say = {
    steps: [
      {
        id: 'say',
        type: StepType.SEND_NOTIFICATION,
        config: { case: 'sendNotification' as const, value: { type: 'push' } },
        transitions: { completed: 'end' },
      },
    ],
  };
  const fields: Record<string, Field> = {
    name: { set: { name: 'Renamed' }, shown: { name: 'Renamed' }, markers: [{}, { name: '' }] },
    default_workflow: {
      set: { defaultWorkflow: say },
      shown: { defaultWorkflow: { steps: [{ id: 'say' }] } },
      markers: [{}, { defaultWorkflow: undefined }],
    },
    industry: {
      set: { industry: Industry.FINANCE },
      shown: { industry: Industry.FINANCE },
      markers: [{}, { industry: Industry.UNSPECIFIED }],
    },
    company_size: {
      set: { companySize: CompanySize.COMPANY_SIZE_200_500 },
      shown: { companySize: CompanySize.COMPANY_SIZE_200_500 },
      markers: [{}, { companySize: CompanySize.COMPANY_SIZE_UNSPECIFIED }],
    },
    default_locale: {
      set: { defaultLocale: 'ja' },
      shown: { defaultLocale: 'ja' },
      markers: [{}, { defaultLocale: '' }],
    },
    ml_retrain_cold_threshold: {
      set: { mlRetrainColdThreshold: 100 },
      shown: { mlRetrainColdThreshold: 100 },
      markers: [{}, { mlRetrainColdThreshold: 0 }],
    },
    ml_cancelled_counts: {
      set: { mlCancelledCounts: false },
      shown: { mlCancelledCounts: false },
      markers: [{}, { mlCancelledCounts: undefined }],
    },
    // 0 is a value here, and what an unset field is on the wire.
    ml_manual_limit_monthly: {
      set: { mlManualLimitMonthly: 10 },
      shown: { mlManualLimitMonthly: 10 },
      markers: [{ mlManualLimitMonthly: -1 }, { mlManualLimitMonthly: -2147483648 }],
    },
    include_synthetic_in_aggregates: {
      set: { includeSyntheticInAggregates: false },
      shown: { includeSyntheticInAggregates: false },
      markers: [{}, { includeSyntheticInAggregates: undefined }],
    },
    provisional_archetypes_enabled: {
      set: { provisionalArchetypesEnabled: true },
      shown: { provisionalArchetypesEnabled: true },
      markers: [{}, { provisionalArchetypesEnabled: undefined }],
    },
    default_verification_unit_level: {
      set: { defaultVerificationUnitLevel: 1 },
      shown: { defaultVerificationUnitLevel: 1 },
      markers: [{}, { defaultVerificationUnitLevel: 0 }],
    },
  };

  test('covers every field of the request', () => {
    expect(Object.keys(fields)).toEqual(UpdateOrganizationRequestSchema.fields.map(({ name }) => name));
  });

  test.each(Object.entries(fields))('%s changes alone, and stays by its markers', async (name, field) => {
    const organization = await addOrganization(s, name);
    const olga = await addMember(s, organization, {
      email: `olga@${name.replaceAll('_', '-')}.example`,
      role: 'super_admin',
    });
    const client = olga.client(OrganizationService);
    const untouched = { mlManualLimitMonthly: -1 };
    const before = (await client.getOrganization({})).organization;
    const { organization: changed } = await client.updateOrganization({ ...untouched, ...field.set });
    expect(changed).toMatchObject(field.shown);
    const [key = ''] = Object.keys(field.shown);
    expect({ ...changed, [key]: undefined }).toEqual({ ...before, [key]: undefined });
    for (const marker of field.markers) {
      const reply = await client.updateOrganization({ ...untouched, ...marker });
      expect(reply.organization).toEqual(changed);
    }
  });

  test('an unset monthly limit is zero, not unchanged', async () => {
    const organization = await addOrganization(s, 'Zero');
    const olga = await addMember(s, organization, { email: 'olga@zero.example', role: 'super_admin' });
    const { organization: changed } = await olga
      .client(OrganizationService)
      .updateOrganization({ name: 'Nil' });
    expect(changed).toMatchObject({ name: 'Nil', mlManualLimitMonthly: 0 });
  });
});

describe('the numbers of an organization', () => {
  test('count campaigns that are over, cancelled ones if it says so, synthetic ones never', async () => {
    const organization = await addOrganization(s, 'Counting');
    const olga = await addMember(s, organization, { email: 'olga@counting.example', role: 'super_admin' });
    const client = olga.client(OrganizationService);
    for (const change of [
      'status = 3',
      'status = 3',
      'status = 3, synthetic = true',
      'status = 5',
      'status = 1',
    ]) {
      const id = await createCampaign(olga, [olga.userId]);
      await s.database.query(`update campaign set ${change} where id = $1`, [id]);
    }
    const numbers = { totalCompletedCampaigns: 2, campaignsSinceLastTraining: 3, mlManualRetrainsUsed: 0 };
    const { organization: counted } = await client.getOrganization({});
    expect(counted).toMatchObject({ ...numbers, mlNeedsRetrain: false });
    const { organization: due } = await client.updateOrganization({
      mlManualLimitMonthly: -1,
      mlRetrainColdThreshold: 2,
      mlCancelledCounts: false,
    });
    expect(due).toMatchObject({ ...numbers, campaignsSinceLastTraining: 2, mlNeedsRetrain: true });
  });
});
