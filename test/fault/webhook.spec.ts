import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate, untilStatus } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { WorkerProcesses } from './worker-process.js';

// Longer than all the waits together.
jest.setTimeout(240_000);

let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api', OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  cast = await seedCast(s);
});
afterEach(() => workers.killAll());
afterAll(async () => {
  await s?.stop();
  await receiver.stop();
});

const startWorker = () => workers.start({ OUTBOUND_ALLOWED_HOSTS: receiver.host });

async function startedCampaign(): Promise<string> {
  const campaigns = cast.alice.client(CampaignService);
  const config = { case: 'callWebhook' as const, value: { name: 'Hook', url: receiver.url } };
  const { campaign } = await campaigns.createCampaign({
    name: 'Fire drill',
    templateId: await createTemplate(cast.alice),
    userIds: [cast.erin.userId],
    workflow: { steps: [{ id: 'call', type: StepType.CALL_WEBHOOK, config }] },
  });
  await campaigns.startCampaign({ campaignId: campaign?.id });
  return campaign?.id ?? '';
}

async function callOf(campaignId: string) {
  const webhooks = cast.alice.client(WebhookService);
  const { calls } = await webhooks.listWebhookCalls({ campaignId });
  return webhooks.getWebhookCall({ callId: calls[0]?.id });
}

/** Waits for requests, while other workers take over what a killed one has left. */
async function untilReceived(count: number): Promise<void> {
  const check = async (): Promise<boolean> => {
    await workers.declareSilentDead();
    await workers.hurry();
    return receiver.received.length >= count;
  };
  await eventually(`request ${count} arrives`, check, 60_000);
}

test('a worker that is killed before the answer leaves an attempt that another one ends, and repeats under the same id', async () => {
  receiver.answer(() => undefined);
  const campaignId = await startedCampaign();
  const first = startWorker();
  await untilReceived(1);
  await first.kill();
  await workers.declareDead();
  receiver.answer((response) => void response.writeHead(204).end());
  startWorker();
  await untilReceived(2);
  await untilStatus(cast.alice, campaignId, CampaignStatus.COMPLETED);
  const { call, attempts } = await callOf(campaignId);
  expect(call?.outcome).toBe(Outcome.COMPLETED);
  expect(attempts).toMatchObject([
    { number: 1, status: 0, error: expect.stringMatching(/^interrupted/) },
    { number: 2, status: 204, error: '' },
  ]);
  const [one, two] = receiver.received;
  expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
  expect(two?.body).toBe(one?.body);
});

test('a receiver that takes workers down with it gets five requests, and the campaign completes', async () => {
  receiver.received.length = 0;
  receiver.answer(() => undefined);
  const campaignId = await startedCampaign();
  for (let kill = 1; kill <= 5; kill += 1) {
    const worker = startWorker();
    await untilReceived(kill);
    await worker.kill();
    await workers.declareDead();
  }
  startWorker();
  const isOver = async (): Promise<boolean> => {
    await workers.declareSilentDead();
    await workers.hurry();
    return (await callOf(campaignId)).call?.outcome === Outcome.FAILED;
  };
  await eventually('the call is given up', isOver, 60_000);
  await untilStatus(cast.alice, campaignId, CampaignStatus.COMPLETED);
  expect(receiver.received).toHaveLength(5);
});
