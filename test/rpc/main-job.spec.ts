import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  ActionType,
  CampaignStatus,
  DeliveryStatus,
  Platform,
  StepType,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { addMember, type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let cast: Cast;
let recipients: Actor[];

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
  recipients = [];
  for (const name of ['ada', 'bob', 'cyd']) {
    const actor = await addMember(server, cast.acme, {
      email: `${name}@acme.example`,
      role: 'employee',
      name,
    });
    await actor
      .client(DeviceService)
      .register({ deviceId: randomUUID(), platform: Platform.IOS, pushToken: name });
    recipients.push(actor);
  }
});
afterAll(() => server.stop());

const workflow = {
  steps: [
    {
      id: 'send',
      type: StepType.SEND_NOTIFICATION,
      config: {
        case: 'sendNotification' as const,
        value: { type: 'push', actionLabel: 'Got it', actionType: ActionType.ACK },
      },
      transitions: { completed: 'wait' },
    },
    {
      id: 'wait',
      type: StepType.DEADLINE_CHECK,
      config: { case: 'deadlineCheck' as const, value: { delay: '72h' } },
      transitions: { completed: 'missed' },
    },
    { id: 'missed', type: StepType.MARK_MISSED },
  ],
};

describe('the main job', () => {
  test('runs from template to ledger: read, acknowledged, missed', async () => {
    const [ada, bob, cyd] = recipients as [Actor, Actor, Actor];
    const { template } = await cast.max.client(TemplateService).createTemplate({
      name: 'Fire drill',
      title: 'Fire drill',
      body: 'Hello {{name}}, **fire drill** on Monday.',
      variables: [{ name: 'name', source: 1 }],
    });
    const campaigns = cast.max.client(CampaignService);
    const { campaign } = await campaigns.createCampaign({
      name: 'Fire drill',
      templateId: template?.id,
      senderName: 'Safety',
      userIds: recipients.map(({ userId }) => userId),
      workflow,
    });
    const campaignId = campaign?.id ?? '';
    expect(campaign).toMatchObject({
      status: CampaignStatus.CREATED,
      audienceSnapshotSize: 3,
      totalRecipients: 0,
    });

    await campaigns.startCampaign({ campaignId });
    await eventually('everyone is reached', async () => {
      const { campaign: now } = await campaigns.getCampaign({ campaignId });
      return now?.totalRecipients === 3 && now.workflowProgress?.currentStepId === 'wait';
    });

    const inbox = await ada.client(InboxService).sync({});
    expect(inbox.entries).toHaveLength(1);
    expect(inbox.entries[0]?.message?.body).toContain('Hello ada');
    expect(inbox.entries[0]?.status).toBe(DeliveryStatus.DELIVERED);
    const again = await ada.client(InboxService).sync({ since: inbox.nextSince });
    expect(again.entries).toEqual([]);
    expect(again.nextSince).toEqual(inbox.nextSince);

    const [entry] = (await bob.client(InboxService).sync({})).entries;
    await bob.client(ActionService).submitAction({ deliveryId: entry?.deliveryId, actionId: 'ack' });

    await server.travel(73 * 3600 * 1000);
    await eventually('the campaign completes', async () => {
      const { campaign: now } = await campaigns.getCampaign({ campaignId });
      return now?.status === CampaignStatus.COMPLETED && now;
    });
    const { deliveries, pagination } = await cast.kiosk
      .client(CampaignService)
      .listDeliveries({ campaignId });
    expect(pagination?.totalCount).toBe(3);
    const statusOf = (actor: Actor) => deliveries.find(({ userId }) => userId === actor.userId)?.status;
    expect([ada, bob, cyd].map(statusOf)).toEqual([
      DeliveryStatus.MISSED,
      DeliveryStatus.ACKNOWLEDGED,
      DeliveryStatus.MISSED,
    ]);
  });
});
