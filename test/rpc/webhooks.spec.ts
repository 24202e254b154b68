import type { ServerResponse } from 'node:http';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  type WebhookAttempt,
  type WebhookCall,
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { addRecipient, createTemplate, untilStatus, untilStep } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import {
  type ReceivedCall,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.js';

const MONTH_MS = 30 * 24 * 3600 * 1000;

let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
let templateId: string;
let ann: Actor;
let bob: Actor;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  cast = await seedCast(s);
  templateId = await createTemplate(cast.max);
  [ann, bob] = await Promise.all([addRecipient(s, cast.acme, 'ann'), addRecipient(s, cast.acme, 'bob')]);
});
afterAll(async () => {
  await s.stop();
  await receiver.stop();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer((response) => void response.writeHead(204).end());
});

const webhooks = (actor: Actor = cast.max) => actor.client(WebhookService);
const campaigns = () => cast.max.client(CampaignService);

const send = {
  id: 'send',
  type: StepType.SEND_NOTIFICATION,
  config: { case: 'sendNotification' as const, value: { type: 'push', actionType: ActionType.ACK } },
  transitions: { completed: 'wait' },
};
const wait = {
  id: 'wait',
  type: StepType.DEADLINE_CHECK,
  config: { case: 'deadlineCheck' as const, value: { delay: '1h' } },
  transitions: { completed: 'call' },
};
const call = (transitions: Record<string, string> = {}, headers: Record<string, string> = {}) => ({
  id: 'call',
  type: StepType.CALL_WEBHOOK,
  config: { case: 'callWebhook' as const, value: { name: 'Hook', url: receiver.url, headers } },
  transitions,
});

async function started(steps: object[] = [call()], people: readonly Actor[] = [ann]): Promise<string> {
  const userIds = people.map(({ userId }) => userId);
  const { campaign } = await campaigns().createCampaign({
    ...{ name: 'Fire drill', templateId, userIds, workflow: { steps } },
  });
  const campaignId = campaign?.id ?? '';
  await campaigns().startCampaign({ campaignId });
  return campaignId;
}

const callsOf = async (campaignId: string): Promise<WebhookCall[]> =>
  (await webhooks().listWebhookCalls({ campaignId })).calls;

async function callOf(campaignId: string): Promise<{ call: WebhookCall; attempts: WebhookAttempt[] }> {
  const [only] = await callsOf(campaignId);
  const found = await webhooks().getWebhookCall({ callId: only?.id });
  if (!found.call) throw new Error('The campaign has made no call.');
  return { call: found.call, attempts: found.attempts };
}

/** Moves the clock to the next attempt, after each that has failed, until `isOver`. */
async function untilCalls(
  campaignId: string,
  isOver: (calls: WebhookCall[]) => boolean,
): Promise<WebhookCall[]> {
  let waited = '';
  return eventually(
    'the calls end',
    async () => {
      const calls = await callsOf(campaignId);
      if (isOver(calls)) return calls;
      const due = calls.map(({ nextAttemptAt }) => String(nextAttemptAt?.seconds)).join();
      const isWaiting = calls.some(({ attempts, nextAttemptAt }) => attempts > 0 && nextAttemptAt);
      if (isWaiting && due !== waited) {
        waited = due;
        await s.travel(17_000);
      }
      return undefined;
    },
    60_000,
  );
}

async function untilEnded(campaignId: string): Promise<{ call: WebhookCall; attempts: WebhookAttempt[] }> {
  await untilCalls(campaignId, ([only]) => (only?.outcome ?? Outcome.UNSPECIFIED) !== Outcome.UNSPECIFIED);
  return callOf(campaignId);
}

/** Whether a request carries the signature of a secret. */
function isSignedBy(secret: string, { headers, body }: ReceivedCall): boolean {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  const signature = new Webhook(secret).sign(String(headers['webhook-id']), sentAt, body);
  return String(headers['webhook-signature']).split(' ').includes(signature);
}

describe('are refused', () => {
  test.each([
    ['of this machine', 'http://127.0.0.1:9/hook'],
    ['over plain http', 'http://example.com/hook'],
  ])('steps with a webhook %s', async (_, url) => {
    const step = { ...call(), config: { case: 'callWebhook' as const, value: { name: 'Hook', url } } };
    const refusal = await refusalOf(
      campaigns().createCampaign({
        ...{ name: 'Bad', templateId, userIds: [ann.userId], workflow: { steps: [step] } },
      }),
    );
    expect(refusal).toMatchObject({ code: Code.InvalidArgument });
    expect(refusal.fields[0]).toBe('workflow.steps[0].call_webhook.url');
  });

  test('headers that would replace those of the call', async () => {
    const steps = [call({}, { 'Webhook-Id': 'mine' })];
    const refusal = await refusalOf(
      campaigns().createCampaign({ name: 'Bad', templateId, userIds: [ann.userId], workflow: { steps } }),
    );
    expect(refusal.fields[0]).toBe('workflow.steps[0].call_webhook.headers["Webhook-Id"]');
  });

  test('calls of another organization', async () => {
    const { call: mine } = await untilEnded(await started());
    const stranger = webhooks(cast.mallory);
    const refusals = await refusalsOf([
      stranger.getWebhookCall({ callId: mine.id }),
      stranger.redeliverWebhookCalls({ callIds: [mine.id] }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([Code.NotFound, Code.NotFound]);
    expect((await stranger.listWebhookCalls({})).calls).toEqual([]);
    expect(receiver.received).toHaveLength(1);
  });

  test('redeliveries of a call that has not ended, and then none of the others', async () => {
    const ended = await untilEnded(await started());
    receiver.answer((response) => void response.writeHead(500).end());
    const campaignId = await started();
    const open = await eventually('an attempt fails', async () => {
      const found = await callOf(campaignId);
      return found.attempts[0]?.status === 500 && found;
    });
    const refusal = await refusalOf(
      webhooks().redeliverWebhookCalls({ callIds: [ended.call.id, open.call.id] }),
    );
    expect(refusal.reason).toBe('WEBHOOK_CALL_OPEN');
    expect((await webhooks().getWebhookCall({ callId: ended.call.id })).attempts).toHaveLength(1);
    await campaigns().cancelCampaign({ campaignId });
  });
});

describe('a call', () => {
  test('says who has acknowledged, who has missed it, and signs', async () => {
    const { value } = await webhooks(cast.alice).rotateWebhookSecret({});
    const campaignId = await started(
      [send, { ...wait, transitions: { completed: 'mark' } }, mark(), call({}, { 'x-team': 'safety' })],
      [ann, bob],
    );
    await untilStep(cast.max, campaignId, 'wait');
    await acknowledge(ann, campaignId);
    await s.travel(3_600_000);
    const { call: made, attempts } = await untilEnded(campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);

    expect(made).toMatchObject({
      outcome: Outcome.COMPLETED,
      name: 'Hook',
      url: receiver.url,
      stepId: 'call',
    });
    expect(attempts).toMatchObject([{ number: 1, status: 204, error: '', redelivery: false }]);
    const [request] = receiver.received;
    if (!request) throw new Error('Nothing was received.');
    expect(request.headers).toMatchObject({ 'x-team': 'safety', 'content-type': 'application/json' });
    expect(request.headers['webhook-id']).toBe(`msg_${made.id}`);
    expect(isSignedBy(value, request)).toBe(true);
    expect(isSignedBy(value, { ...request, body: `${request.body} ` })).toBe(false);
    const told = JSON.parse(request.body) as { deliveries: { user_id: string }[] };
    expect(told).toMatchObject({
      ...{ campaign_id: campaignId, campaign_name: 'Fire drill' },
      summary: { total: 2, acknowledged: 1, missed: 1, failed: 0 },
    });
    expect(told.deliveries.find(({ user_id }) => user_id === ann.userId)).toMatchObject({
      ...{ status: 'ACKNOWLEDGED', delivery_id: expect.any(String), acknowledged_at: expect.any(String) },
    });
    expect(told.deliveries.find(({ user_id }) => user_id === bob.userId)).toMatchObject({ status: 'MISSED' });
  });

  test('is tried five times, and then the step fails', async () => {
    receiver.answer((response) => void response.writeHead(503).end('x'.repeat(100_000)));
    const campaignId = await started([
      call({ completed: 'end', failed: 'again' }),
      { ...call(), id: 'again' },
    ]);
    await untilCalls(campaignId, (calls) => calls.some(({ outcome }) => outcome === Outcome.FAILED));
    receiver.answer((response) => void response.writeHead(200).end('ok'));
    await untilCalls(campaignId, (calls) => calls.some(({ outcome }) => outcome === Outcome.COMPLETED));
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    const calls = await callsOf(campaignId);
    expect(calls.map(({ stepId, outcome }) => [stepId, outcome]).sort()).toEqual([
      ['again', Outcome.COMPLETED],
      ['call', Outcome.FAILED],
    ]);
    const failed = calls.find(({ stepId }) => stepId === 'call');
    const { attempts } = await webhooks().getWebhookCall({ callId: failed?.id });
    expect(attempts.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    expect(attempts[0]?.answer).toHaveLength(1_000);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
    const bodies = receiver.received.slice(0, 5).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    const { calls: onlyFailed } = await webhooks().listWebhookCalls({ campaignId, failedOnly: true });
    expect(onlyFailed.map(({ stepId }) => stepId)).toEqual(['call']);
  });

  test('follows no redirect, and a receiver that hangs up counts as a failed attempt', async () => {
    const answers = [
      (response: ServerResponse) =>
        void response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
      (response: ServerResponse) => void response.destroy(),
    ];
    receiver.answer((response) =>
      (answers.shift() ?? ((last: ServerResponse) => void last.writeHead(200).end()))(response),
    );
    const { call: made, attempts } = await untilEnded(await started());
    expect(made.outcome).toBe(Outcome.COMPLETED);
    expect(attempts.map(({ status }) => status)).toEqual([302, 0, 200]);
    expect(attempts[1]?.error).toMatch(/does not answer/);
  });

  test('ends with its campaign when that is cancelled', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const campaignId = await started();
    await eventually('an attempt fails', async () => (await callOf(campaignId)).attempts[0]?.status === 500);
    await campaigns().cancelCampaign({ campaignId });
    receiver.answer((response) => void response.writeHead(204).end());
    const before = receiver.received.length;
    await s.travel(60_000);
    // By then the worker has passed what became due.
    await untilEnded(await started());
    expect(receiver.received.length).toBe(before + 1);
    expect((await callOf(campaignId)).call.outcome).toBe(Outcome.CANCELLED);
  });

  test('forgets a person who is erased', async () => {
    const carl = await addRecipient(s, cast.acme, 'carl');
    const value = { type: 'push', actionType: ActionType.UNSPECIFIED };
    const inform = { ...send, config: { ...send.config, value }, transitions: { completed: 'call' } };
    const campaignId = await started([inform, call()], [ann, carl]);
    const { call: made } = await untilEnded(campaignId);
    expect(receiver.received[0]?.body).toContain(carl.userId);
    const privacy = cast.alice.client(PrivacyService);
    const { requestId } = await privacy.deleteUserData({ userId: carl.userId, anonymize: false });
    await privacy.immediateDelete({ requestId, confirmationEmail: carl.email });
    await eventually('the person is erased', async () => {
      const { requests } = await privacy.listPrivacyRequests({ pageSize: 100 });
      return requests.find(({ id }) => id === requestId)?.status === PrivacyRequestStatus.COMPLETED;
    });
    receiver.received.length = 0;
    await webhooks().redeliverWebhookCalls({ callIds: [made.id] });
    await eventually('it is sent again', () => Promise.resolve(receiver.received.length > 0));
    expect(receiver.received[0]?.body).toContain(ann.userId);
    expect(receiver.received[0]?.body).not.toContain(carl.userId);
  });
});

describe('a redelivery', () => {
  test('sends the same again, and never changes how the step ended', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const campaignId = await started([call({ failed: 'end' })]);
    const { call: failed } = await untilEnded(campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    receiver.answer((response) => void response.writeHead(200).end('late'));
    const { calls } = await webhooks().redeliverWebhookCalls({ callIds: [failed.id] });
    expect(calls).toMatchObject([{ id: failed.id, attempts: 6 }]);
    const again = await eventually('it is sent', async () => {
      const found = await callOf(campaignId);
      return found.attempts[5]?.durationMs !== undefined && found;
    });
    expect(again.attempts[5]).toMatchObject({ number: 6, redelivery: true, status: 200, answer: 'late' });
    expect(again.call.outcome).toBe(Outcome.FAILED);
    const sent = receiver.received.map(({ headers, body }) => [headers['webhook-id'], body].join());
    expect(new Set(sent).size).toBe(1);
  });
});

describe('secrets', () => {
  test('overlap: both sign until the older one ends', async () => {
    const first = await webhooks(cast.alice).rotateWebhookSecret({});
    const second = await webhooks(cast.alice).rotateWebhookSecret({ overlapHours: 1 });
    await untilEnded(await started());
    const [request] = receiver.received;
    expect([first, second].map(({ value }) => request && isSignedBy(value, request))).toEqual([true, true]);
    expect((await webhooks().listWebhookSecrets({})).secrets).toHaveLength(2);
    await s.travel(3_601_000);
    expect((await webhooks().listWebhookSecrets({})).secrets).toMatchObject([
      { hint: second.value.slice(-4) },
    ]);
    receiver.received.length = 0;
    await untilEnded(await started());
    expect(receiver.received[0]?.headers['webhook-signature']).not.toContain(' ');
  });

  test('are kept sealed', async () => {
    const { value } = await webhooks(cast.alice).rotateWebhookSecret({});
    const rows = await s.database.query('select sealed_value from webhook_secret');
    expect(JSON.stringify(rows)).not.toContain(value.slice(6));
  });

  test('are of one organization', async () => {
    await webhooks(cast.alice).rotateWebhookSecret({});
    expect((await webhooks(cast.mallory).listWebhookSecrets({})).secrets).toEqual([]);
  });
});

describe('after a month', () => {
  test('the content of a call has been deleted, and it is not sent again', async () => {
    const { call: old } = await untilEnded(await started());
    await s.travel(MONTH_MS + 60_000);
    // Sessions have ended.
    const refusal = await eventually('the content is deleted', () =>
      refusalOf(webhooks(cast.kiosk).redeliverWebhookCalls({ callIds: [old.id] })).catch(() => undefined),
    );
    expect(refusal.reason).toBe('WEBHOOK_CALL_FORGOTTEN');
    const rows = await s.database.query('select from webhook_call where id = $1 and payload is null', [
      old.id,
    ]);
    expect(rows).toHaveLength(1);

    // One that was asked for before, and whose worker was away for so long.
    receiver.received.length = 0;
    const late = [cast.acme.id, old.id, 90];
    await s.database.query(
      'insert into webhook_attempt (org_id, call_id, number, redelivery) values ($1, $2, $3, true)',
      late,
    );
    await s.database.query(
      `select graphile_worker.add_job('webhook.redeliver',
         json_build_object('orgId', $1::text, 'callId', $2::text, 'number', $3::int))`,
      late,
    );
    await eventually('it has ended', async () => {
      const { attempts } = await webhooks(cast.kiosk).getWebhookCall({ callId: old.id });
      return attempts.find(({ number }) => number === 90)?.error.startsWith('not sent');
    });
    expect(receiver.received).toEqual([]);
  });
});

function mark() {
  return { id: 'mark', type: StepType.MARK_MISSED, transitions: { completed: 'call' } };
}

async function acknowledge(person: Actor, campaignId: string): Promise<void> {
  const { entries } = await person.client(InboxService).sync({ limit: 200 });
  const entry = entries.find((found) => found.message?.campaignId === campaignId);
  await person.client(ActionService).submitAction({ deliveryId: entry?.deliveryId, actionId: 'ack' });
}
