import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ApiKeyService, type KeyType } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { type DeliveryStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TemplateService, type TemplateType } from '@dovecote/contract/pidgr/v1/template_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const ID = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';
/** An enum value as a newer client could send. */
const UNKNOWN = 100_000;
const year10000 = { seconds: 253_402_300_800n, nanos: 0 };

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

describe('a mistake of the client is called one:', () => {
  const cases: [string, string, () => Promise<unknown>][] = [
    [
      'an unknown type of keys',
      'key_type',
      () => cast.alice.client(ApiKeyService).listApiKeys({ keyType: UNKNOWN as KeyType }),
    ],
    [
      'an unknown type of templates',
      'type',
      () => cast.alice.client(TemplateService).listTemplates({ type: UNKNOWN as TemplateType }),
    ],
    [
      'an unknown state of deliveries',
      'status_filter',
      () =>
        cast.alice
          .client(CampaignService)
          .listDeliveries({ campaignId: ID, statusFilter: UNKNOWN as DeliveryStatus }),
    ],
    [
      'a key that expires in the year 10000',
      'expires_at',
      () =>
        cast.alice
          .client(ApiKeyService)
          .createApiKey({ name: 'ci', permissions: [Permission.ORG_READ], expiresAt: year10000 }),
    ],
    [
      'a sandbox that expires in the year 10000',
      'expires_at',
      () =>
        cast.alice
          .client(OrganizationService)
          .createSandboxOrganization({ name: 'Trial', expiresAt: year10000 }),
    ],
    [
      'an inbox since the year 10000',
      'since',
      () => cast.erin.client(InboxService).sync({ since: year10000 }),
    ],
    [
      'an inbox since before the year 1',
      'since',
      () => cast.erin.client(InboxService).sync({ since: { seconds: -62_135_596_801n, nanos: 0 } }),
    ],
  ];
  test.each(cases)('%s', async (_name, field, call) => {
    expect(await refusalOf(call())).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('but the last second of the year 9999 and the first of the year 1 are times', async () => {
    const { apiKey } = await cast.alice.client(ApiKeyService).createApiKey({
      name: 'for ever',
      permissions: [Permission.ORG_READ],
      expiresAt: timestampFromDate(new Date('9999-12-31T23:59:59Z')),
    });
    expect(apiKey?.expiresAt?.seconds).toBe(253_402_300_799n);
    await cast.erin.client(InboxService).sync({ since: { seconds: -62_135_596_800n, nanos: 0 } });
    await cast.erin.client(InboxService).sync({ since: { seconds: 253_402_300_799n, nanos: 999_999_999 } });
  });
});

describe('a refusal stays small,', () => {
  test('however long the list is', async () => {
    const permissions = new Array<Permission>(19_000).fill(Permission.UNSPECIFIED);
    const refused = await refusalOf(cast.alice.client(RoleService).createRole({ name: 'Big', permissions }));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['permissions'] });
  });

  test('however many mistakes there are', async () => {
    const permissions = new Array<Permission>(100).fill(Permission.UNSPECIFIED);
    const refused = await refusalOf(cast.alice.client(RoleService).createRole({ name: '', permissions }));
    expect(refused.fields.slice(0, 3)).toEqual(['name', 'permissions[0]', 'permissions[1]']);
    expect(refused.fields.length).toBeLessThan(100);
    expect(refused.message).toMatch(/and \d+ more$/);
  });

  test('however long the name of the wrong field is', async () => {
    const call = cast.erin
      .client(MemberService)
      .updateUserProfile({ profile: { customAttributes: { ['k'.repeat(1_000_000)]: 'v' } } });
    const refused = await refusalOf(call);
    expect(refused.code).toBe(Code.InvalidArgument);
    expect(refused.fields[0]).toHaveLength(200);
    expect(refused.message.length).toBeLessThanOrEqual(500);
  });

  test('and still tells every mistake of an ordinary request', async () => {
    const call = cast.alice
      .client(RoleService)
      .createRole({ name: '', permissions: [Permission.ORG_READ, Permission.UNSPECIFIED] });
    expect((await refusalOf(call)).fields).toEqual(['name', 'permissions[1]']);
  });
});
