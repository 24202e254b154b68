import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { Client } from 'pg';
import { addRecipient, createTemplate, runningCampaign, untilStatus } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { codeFor } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { startWorkflow, tell } from '../support/workflows.js';

jest.setTimeout(120_000);

let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  s = await startTestServer({
    env: {
      OUTBOUND_ALLOWED_HOSTS: '127.0.0.1',
      WORKER_CONCURRENCY: '1',
      WORKER_WEBHOOK_CONCURRENCY: '4',
    },
  });
  cast = await seedCast(s);
  await createTemplate(cast.max);
});
afterAll(async () => {
  await s?.stop();
  await receiver?.stop();
});

async function inHand(task: string): Promise<number> {
  const jobs = await s.database.query(
    'select from graphile_worker.jobs where task_identifier = $1 and locked_at is not null',
    [task],
  );
  return jobs.length;
}

/** Locks an inbox: writes to it wait. */
async function holdInbox(userId: string): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: s.database.ownerUrl });
  // When the spec fails, the database is dropped first.
  holder.on('error', () => undefined);
  await holder.connect();
  const inbox = [cast.acme.id, userId];
  await holder.query(
    'insert into inbox (org_id, user_id, changed_at) values ($1, $2, now()) on conflict do nothing',
    inbox,
  );
  await holder.query('begin');
  await holder.query('select from inbox where org_id = $1 and user_id = $2 for update', inbox);
  return () => holder.end();
}

describe('while the receivers of an organization hang, and more of its calls are waiting,', () => {
  let hanging: string[];
  let [open, mostOpen] = [0, 0];
  beforeAll(async () => {
    receiver.answer((response) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      response.once('close', () => (open -= 1));
    });
    const config = { case: 'callWebhook' as const, value: { name: 'Hook', url: receiver.url } };
    const call = { id: 'call', type: StepType.CALL_WEBHOOK, config };
    hanging = [];
    for (let n = 0; n < 8; n += 1) hanging.push(await startWorkflow(cast.max, [cast.erin.userId], [call]));
    await eventually('requests are under way', async () => open === 2);
  });

  test('a sign-in code is mailed', async () => {
    expect(await codeFor(s, 'ann@example.com')).toMatch(/^\d{6}$/);
  });

  test('campaigns go on', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    await runningCampaign(cast.max, [ada.userId]);
  });

  test('the organization has requests in half of the slots, and calls of another go out', async () => {
    const other = await startWebhookReceiver();
    const config = { case: 'callWebhook' as const, value: { name: 'Hook', url: other.url } };
    const call = { id: 'call', type: StepType.CALL_WEBHOOK, config };
    const calls: string[] = [];
    // Due before those of the other organization.
    await s.database.query(
      `select graphile_worker.add_job('webhook.deliver', json_build_object('orgId', $1::text, 'callId', gen_random_uuid()))
         from generate_series(1, 2000)`,
      [cast.acme.id],
    );
    for (let n = 0; n < 3; n += 1)
      calls.push(await startWorkflow(cast.mallory, [cast.mallory.userId], [call]));
    for (const campaignId of calls) await untilStatus(cast.mallory, campaignId, CampaignStatus.COMPLETED);
    expect(other.received).toHaveLength(3);
    expect(mostOpen).toBe(2);
    await other.stop();
  });

  test('and all calls arrive once receivers answer', async () => {
    receiver.answer((response) => void response.writeHead(204).end());
    for (const campaignId of hanging) await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  });
});

test('a sign-in code is mailed while a campaign holds the only slot of its lane, and others wait', async () => {
  const [held, free] = await Promise.all(['held', 'free'].map((name) => addRecipient(s, cast.acme, name)));
  const release = await holdInbox(held!.userId);
  const first = await startWorkflow(cast.max, [held!.userId], [tell]);
  await eventually('the slot is taken', async () => (await inHand('campaign.advance')) === 1);
  const second = await startWorkflow(cast.max, [free!.userId], [tell]);
  expect(await codeFor(s, 'ben@example.com')).toMatch(/^\d{6}$/);
  const deliveries = await s.database.query('select from delivery where campaign_id = any($1)', [
    [first, second],
  ]);
  expect(deliveries).toEqual([]);
  await release();
  for (const campaignId of [first, second]) await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('each lane has a heartbeat', async () => {
  const lanes = await s.database.query('select lane from worker_heartbeat order by lane');
  expect(lanes).toEqual(['background', 'campaign', 'mail', 'webhook'].map((lane) => ({ lane })));
});
