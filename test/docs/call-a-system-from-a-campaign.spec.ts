import { fromJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { StepType, WorkflowStepSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { integrations, isSignedBy, postOf } from '../support/organization-webhook.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, startWorkflow, wait } from '../support/workflows.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

const page = Page.open('docs/how-to/call-a-system-from-a-campaign.md');
let reader: ServedPage;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  reader = await serve(page, { OUTBOUND_ALLOWED_HOSTS: receiver.host });
  const { cast, server, shell } = reader;
  const token = cast.alice.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token} ORG=${cast.acme.id}`);
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

test('the webhook of the organization is set, shown, and posted to', async () => {
  const { cast } = reader;
  const shown = await reader.type('SetOrgWebhookConfig');
  expect(shown).toContain('"url":"https://chat.example/hook","enabled":true,"hasSecret":true');
  // A receiver of this machine, in the place of that one.
  const change = { orgId: cast.acme.id, url: receiver.url, enabled: true };
  await integrations(cast.alice).setOrgWebhookConfig(change);
  receiver.received.length = 0;
  const remind = fromJsonString(WorkflowStepSchema, page.take('CHANNEL_NAME_WEBHOOK', 'json'));
  const steps = [ask('send', 'remind'), remind, wait('wait', 'end')];
  await startWorkflow(cast.alice, [cast.erin.userId], steps);
  const [post] = await eventually('the post arrives', () =>
    Promise.resolve(receiver.received.length > 0 && receiver.received),
  );
  if (!post) throw new Error('Nothing was received.');
  expect(isSignedBy('the secret of our chat', post)).toBe(true);
  const documented = page.take('deeplink_url', 'json');
  expect(Object.keys(postOf(post)).sort()).toEqual(Object.keys(JSON.parse(documented) as object).sort());
  await eventually('the post is listed', async () =>
    (await reader.type('"posts": true')).includes('OUTCOME_COMPLETED'),
  );
});
