import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CampaignReportService } from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { TestMessageService } from '@dovecote/contract/dovecote/campaign/v1/test_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { DeliveryStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import {
  addPhone,
  addRecipient,
  createCampaign,
  createTemplate,
  runningCampaign,
  workflow,
} from '../support/campaigns.js';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addRecipient(s, cast.acme, 'ada');
  await addPhone(cast.max);
});
afterAll(() => s?.stop());

const tests = (actor: Actor = cast.max) => actor.client(TestMessageService);
const ofCampaign = (campaignId: string, stepId = '') =>
  ({ case: 'campaign', value: { campaignId, stepId } }) as const;
const ofTemplate = (templateId: string, version = 0) =>
  ({ case: 'template', value: { templateId, version } }) as const;
const inboxOf = async (actor: Actor) => (await actor.client(InboxService).sync({})).entries;

async function groupOf(members: readonly Actor[]): Promise<string> {
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: `Group ${randomUUID()}` });
  const userIds = members.map(({ userId }) => userId);
  if (userIds.length > 0) await groups.addGroupMembers({ groupId: group?.id, userIds });
  return group?.id ?? '';
}

describe('refuses', () => {
  test('what another organization has, as if it did not exist', async () => {
    const campaignId = await createCampaign(cast.max, [ada.userId]);
    const templateId = await createTemplate(cast.max);
    const groupId = await groupOf([ada]);
    const own = ofTemplate(await createTemplate(cast.mallory));
    const refusals = await refusalsOf([
      tests(cast.mallory).sendTestMessage({ message: ofCampaign(campaignId) }),
      tests(cast.mallory).sendTestMessage({ message: ofTemplate(templateId) }),
      tests(cast.mallory).sendTestMessage({ message: own, groupId }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill(Code.NotFound));
  });

  test('callers without the permission, and API keys', async () => {
    const message = ofCampaign(await createCampaign(cast.max, [ada.userId]));
    const writer = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_WRITE, Permission.CAMPAIGNS_START]);
    for (const actor of [cast.erin, writer])
      expect((await refusalOf(tests(actor).sendTestMessage({ message }))).code).toBe(Code.PermissionDenied);
  });

  test('a group of more than fifty members, and a group for a caller who may not start campaigns', async () => {
    const message = ofCampaign(await createCampaign(cast.max, [ada.userId]));
    const crowd = await Promise.all(
      Array.from({ length: 51 }, (_, index) =>
        addMember(s, cast.acme, { email: `crowd-${index}@acme.example`, role: 'employee' }),
      ),
    );
    const groupId = await groupOf(crowd);
    const large = await refusalOf(tests().sendTestMessage({ message, groupId }));
    expect(large).toMatchObject({ code: Code.FailedPrecondition, reason: 'TEST_GROUP_TOO_LARGE' });
    const writer = await addMember(s, cast.acme, { email: 'writer@acme.example', role: 'manager' });
    await s.database.query(
      `with r as (insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
         select org_id, gen_random_uuid(), 'writer', 'Writer', 'writer', false, false,
                array_remove(permissions, $2::smallint), now() from role where org_id = $1 and slug = 'manager' returning id)
       update member set role_id = (select id from r) where id = $3`,
      [cast.acme.id, Permission.CAMPAIGNS_START, writer.userId],
    );
    const small = await groupOf([ada]);
    const refusal = await refusalOf(tests(writer).sendTestMessage({ message, groupId: small }));
    expect(refusal).toMatchObject({ code: Code.PermissionDenied });
    expect((await tests(writer).sendTestMessage({ message })).sent).toBe(1);
    expect(await inboxOf(crowd[0] ?? ada)).toEqual([]);
  });

  test('a step that sends no message, and a request without a message', async () => {
    const campaignId = await createCampaign(cast.max, [ada.userId]);
    for (const stepId of ['wait', 'unknown']) {
      const refusal = await refusalOf(tests().sendTestMessage({ message: ofCampaign(campaignId, stepId) }));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['campaign.step_id'] });
    }
    expect((await refusalOf(tests().sendTestMessage({}))).code).toBe(Code.InvalidArgument);
  });

  test('more than a hundred tests of one person in a day', async () => {
    const ben = await addMember(s, cast.acme, { email: 'ben@acme.example', role: 'manager' });
    const message = ofTemplate(await createTemplate(cast.max));
    await tests(ben).sendTestMessage({ message });
    await s.database.query(
      `insert into daily_use (id, kind, subject, used_at)
       select gen_random_uuid(), u.kind, u.subject, u.used_at from daily_use u, generate_series(1, 99)
        where u.kind = 'test_message' and u.used_at = (select max(used_at) from daily_use where kind = 'test_message')`,
    );
    const refusal = await refusalOf(tests(ben).sendTestMessage({ message }));
    expect(refusal).toMatchObject({ code: Code.ResourceExhausted, reason: 'DAILY_LIMIT' });
    expect(await inboxOf(ben)).toHaveLength(1);
  });
});

describe('a test message', () => {
  test('arrives as the message of a campaign, says that it is a test, and is pushed', async () => {
    const { campaign } = await cast.max.client(CampaignService).createCampaign({
      ...{ name: 'Drill', title: 'Fire drill', senderName: 'Safety', critical: true },
      templateId: await createTemplate(cast.max, 'Hello {{name}}.'),
      userIds: [cast.erin.userId],
      workflow,
    });
    const outcome = await tests().sendTestMessage({ message: ofCampaign(campaign?.id ?? '') });
    expect(outcome).toMatchObject({ sent: 1, withoutDevice: 0, failed: 0, failures: [] });
    const entry = (await inboxOf(cast.max)).find(({ deliveryId }) => deliveryId === outcome.ownDeliveryId);
    expect(entry).toMatchObject({
      message: {
        ...{ title: '[Test] Fire drill', senderName: 'Safety', critical: true, campaignId: campaign?.id },
        body: expect.stringContaining('Hello max-'),
        actions: [{ id: 'ack', label: 'Got it' }],
      },
      status: DeliveryStatus.DELIVERED,
    });
    const pushes = await s.database.query('select from push_outbox where delivery_id = $1', [
      outcome.ownDeliveryId,
    ]);
    expect(pushes).toHaveLength(1);
  });

  test('goes to each member of a group in their own words, and tells whom it could not reach', async () => {
    const carol = await addMember(s, cast.acme, {
      email: 'carol@acme.example',
      role: 'employee',
      name: 'Carol',
    });
    const dan = await addMember(s, cast.acme, { email: 'dan@acme.example', role: 'employee', name: 'Dan' });
    await s.database.query('update member set processing_restricted = true where id = $1', [dan.userId]);
    const groupId = await groupOf([ada, carol, dan]);
    const message = ofTemplate(await createTemplate(cast.max, 'Hello {{name}}.'));
    const outcome = await tests().sendTestMessage({ message, groupId });
    expect(outcome).toMatchObject({ sent: 2, withoutDevice: 1, failed: 0, ownDeliveryId: '' });
    const bodyOf = async (actor: Actor) => (await inboxOf(actor)).at(-1)?.message?.body;
    expect([await bodyOf(ada), await bodyOf(carol), await bodyOf(dan)]).toEqual([
      ...['Hello ada.', 'Hello Carol.', undefined],
    ]);
  });

  test('is read and acknowledged without effect: no figure, list, event or act knows of it', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    const figures = () => cast.max.client(CampaignReportService).getCampaignStatistics({ campaignId });
    const before = (await figures()).steps;
    const { ownDeliveryId: deliveryId } = await tests().sendTestMessage({ message: ofCampaign(campaignId) });
    await cast.max.client(InboxService).markRead({ deliveryId });
    await cast.max.client(ActionService).submitAction({ deliveryId, actionId: 'ack' });
    const again = await refusalOf(
      cast.max.client(ActionService).submitAction({ deliveryId, actionId: 'ack' }),
    );
    expect(again.reason).toBe('DELIVERY_SETTLED');
    const { entry } = await cast.max.client(InboxService).getMessage({ deliveryId });
    expect(entry).toMatchObject({ status: DeliveryStatus.ACKNOWLEDGED, read: true });
    expect((await figures()).steps).toEqual(before);
    const campaigns = cast.max.client(CampaignService);
    expect((await campaigns.listDeliveries({ campaignId })).deliveries).toHaveLength(1);
    const { campaign } = await campaigns.getCampaign({ campaignId });
    expect(campaign).toMatchObject({ totalRecipients: 1 });
    const trail = await s.database.query<{ type: string }>(
      `select event_type as type from audit_event where entity_id = $1 or (entity_id = $2 and event_type like 'TEST%')`,
      [deliveryId, campaignId],
    );
    expect(trail).toEqual([{ type: 'TEST_MESSAGE_SENT' }]);
  });

  test('cannot be read or acknowledged by anyone but its recipient', async () => {
    const { ownDeliveryId: deliveryId } = await tests().sendTestMessage({
      message: ofTemplate(await createTemplate(cast.max)),
    });
    const refusals = await refusalsOf(
      [ada, cast.mallory].flatMap((actor) => [
        actor.client(InboxService).getMessage({ deliveryId }),
        actor.client(InboxService).markRead({ deliveryId }),
        actor.client(ActionService).submitAction({ deliveryId, actionId: 'ack' }),
      ]),
    );
    expect(refusals.map(({ code }) => code)).toEqual(Array(6).fill(Code.NotFound));
  });

  test('comes once to a client that follows the cursor, between messages of campaigns', async () => {
    const eve = await addRecipient(s, cast.acme, 'eve');
    const groupId = await groupOf([eve]);
    await runningCampaign(cast.max, [eve.userId]);
    await tests().sendTestMessage({ message: ofTemplate(await createTemplate(cast.max)), groupId });
    await runningCampaign(cast.max, [eve.userId]);
    const titles: (string | undefined)[] = [];
    let since;
    for (;;) {
      const page = await eve.client(InboxService).sync({ since, limit: 1 });
      if (page.entries.length === 0) break;
      titles.push(...page.entries.map(({ message }) => message?.title));
      since = page.nextSince;
    }
    expect(titles).toEqual(['Title', '[Test] Title', 'Title']);
  });

  test('is exported and erased with its recipient', async () => {
    const fay = await addRecipient(s, cast.acme, 'fay');
    const groupId = await groupOf([fay]);
    await tests().sendTestMessage({ message: ofTemplate(await createTemplate(cast.max)), groupId });
    const privacy = cast.alice.client(PrivacyService);
    const { dataCategories } = await privacy.getDataExistenceConfirmation({ userId: fay.userId });
    expect(dataCategories).toContain('test_messages');
    const { requestId } = await privacy.deleteUserData({ userId: fay.userId });
    await privacy.immediateDelete({ requestId, confirmationEmail: fay.email });
    await eventually('nothing of Fay is left', async () => {
      const rows = await s.database.query(
        `select from member where id = $1 union all select from test_message where user_id = $1
          union all select from push_outbox where user_id = $1`,
        [fay.userId],
      );
      return rows.length === 0;
    });
  });

  // Last: the clock moves by days.
  test('is deleted with its pushes after seven days', async () => {
    const { ownDeliveryId } = await tests().sendTestMessage({
      message: ofTemplate(await createTemplate(cast.max)),
    });
    await s.travel(7 * 86_400_000 + 1_000);
    await eventually('the test is deleted', async () => {
      const rows = await s.database.query(
        `select from test_message where id = $1 union all select from push_outbox where delivery_id = $1`,
        [ownDeliveryId],
      );
      return rows.length === 0;
    });
  });
});
