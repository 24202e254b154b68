import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

let reader: ServedPage;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  const page = Page.open('docs/how-to/call-a-system-from-a-campaign.md');
  reader = await serve(page, { OUTBOUND_ALLOWED_HOSTS: receiver.host });
  const { cast, server, shell } = reader;
  const token = cast.alice.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token}`);
  await reader.type('call() {');
});
afterAll(async () => {
  await reader?.stop();
  await receiver?.stop();
});

test('a call is signed with the secret, found, and sent again', async () => {
  await reader.type('RotateWebhookSecret');
  const secret = await reader.shell.run('echo $SECRET');
  const campaigns = reader.cast.alice.client(CampaignService);
  const url = receiver.url;
  const step = {
    id: 'tell',
    type: StepType.CALL_WEBHOOK,
    config: { case: 'callWebhook' as const, value: { name: 'Shift planning', url } },
  };
  const { campaign } = await campaigns.createCampaign({
    name: 'Fire drill',
    templateId: await createTemplate(reader.cast.alice),
    userIds: [reader.cast.erin.userId],
    workflow: { steps: [step] },
  });
  await campaigns.startCampaign({ campaignId: campaign?.id });
  const [request] = await eventually('the call arrives', () =>
    Promise.resolve(receiver.received.length > 0 && receiver.received),
  );
  const verified = new Webhook(secret.trim()).verify(
    request?.body ?? '',
    // The three that the library reads are texts.
    request?.headers as Record<string, string>,
  );
  expect(verified).toMatchObject({ campaign_name: 'Fire drill' });
  await eventually('the call has ended', async () =>
    (await reader.type('GetWebhookCall')).includes('OUTCOME_COMPLETED'),
  );
  expect(await reader.type('RedeliverWebhookCalls')).toContain('"attempts":2');
  await eventually('it arrives again', () => Promise.resolve(receiver.received.length === 2));
});
