import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import {
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, Permission, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { Client } from 'pg';
import {
  addPhone,
  addRecipient,
  createCampaign,
  createTemplate,
  runningCampaign,
  THREE_DAYS_MS,
  untilStatus,
  untilStep,
  workflow,
} from '../support/campaigns.js';
import { type Actor, addApiKey, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge, copiesOf, entriesOf, pushesOf, tally } from '../support/follow-ups.js';
import { hire } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, escalate, mark, remind, startWorkflow, user, wait } from '../support/workflows.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
let ann: Actor;
let bob: Actor;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  cast = await seedCast(s);
  [ann, bob] = await Promise.all([addRecipient(s, cast.acme, 'ann'), addRecipient(s, cast.acme, 'bob')]);
});
afterAll(async () => {
  await s?.stop();
  await receiver.stop();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer((response) => void response.writeHead(204).end());
});

const steering = (actor: Actor = cast.max) => actor.client(CampaignSteeringService);
const campaigns = () => cast.max.client(CampaignService);
const pause = (campaignId: string, reason = '') => steering().pauseCampaign({ campaignId, reason });
const resume = (campaignId: string) => steering().resumeCampaign({ campaignId });
const campaignOf = async (campaignId: string) => (await campaigns().getCampaign({ campaignId })).campaign;
const pauseOf = async (campaignId: string) => (await steering().getCampaignSteering({ campaignId })).pause;

/** Moves the clock, and waits until the workers are through with everything that has become due. */
async function letPass(milliseconds: number): Promise<void> {
  await s.travel(milliseconds);
  await eventually('nothing is due any more', async () => {
    const due = await s.database.query('select from graphile_worker.jobs where run_at <= now()');
    return due.length === 0;
  });
}

const auditOf = async (campaignId: string): Promise<string[]> =>
  (
    await s.database.query<{ type: string }>(
      `select event_type as type from audit_event where entity_id = $1 and event_type in ('CAMPAIGN_PAUSED', 'CAMPAIGN_RESUMED')
        order by created_at, id`,
      [campaignId],
    )
  ).map(({ type }) => type);

const call = {
  id: 'call',
  type: StepType.CALL_WEBHOOK,
  get config() {
    return { case: 'callWebhook' as const, value: { name: 'Hook', url: receiver.url } };
  },
};

async function callOf(campaignId: string) {
  const webhooks = cast.max.client(WebhookService);
  const { calls } = await webhooks.listWebhookCalls({ campaignId });
  return webhooks.getWebhookCall({ callId: calls[0]?.id });
}

describe('refuses', () => {
  test('another organization, as if the campaign did not exist', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    const mallory = steering(cast.mallory);
    const refusals = await refusalsOf([
      mallory.pauseCampaign({ campaignId }),
      mallory.resumeCampaign({ campaignId }),
      steering().pauseCampaign({ campaignId: randomUUID() }),
      steering().resumeCampaign({ campaignId: randomUUID() }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill(Code.NotFound));
    expect(await pauseOf(campaignId)).toBeUndefined();
  });

  test('callers without the permission; who may cancel may pause, and not resume', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    const reader = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_READ]);
    const writer = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_WRITE]);
    for (const actor of [cast.erin, reader])
      expect((await refusalOf(steering(actor).pauseCampaign({ campaignId }))).code).toBe(
        Code.PermissionDenied,
      );
    const { pause: paused } = await steering(writer).pauseCampaign({ campaignId });
    expect(paused).toMatchObject({ pausedBy: writer.userId, reason: '' });
    for (const actor of [cast.erin, writer])
      expect((await refusalOf(steering(actor).resumeCampaign({ campaignId }))).code).toBe(
        Code.PermissionDenied,
      );
    expect(await pauseOf(campaignId)).toBeDefined();
  });

  test('campaigns that do not run', async () => {
    const [waiting, over] = [
      await createCampaign(cast.max, [ann.userId]),
      await runningCampaign(cast.max, [ann.userId]),
    ];
    await campaigns().cancelCampaign({ campaignId: over });
    const refusals = await refusalsOf([pause(waiting), pause(over), resume(waiting), resume(over)]);
    expect(refusals.map(({ reason }) => reason)).toEqual(Array(4).fill('CAMPAIGN_NOT_RUNNING'));
  });

  test('all but one of those who pause, or resume, at once', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    for (const [act, reason] of [
      [pause, 'CAMPAIGN_PAUSED'],
      [resume, 'CAMPAIGN_NOT_PAUSED'],
    ] as const) {
      const calls = await Promise.allSettled(Array.from({ length: 8 }, () => act(campaignId)));
      const refused = calls.flatMap((one) => (one.status === 'rejected' ? [Promise.reject(one.reason)] : []));
      expect((await refusalsOf(refused)).map((one) => one.reason)).toEqual(Array(7).fill(reason));
    }
    expect(await auditOf(campaignId)).toEqual(['CAMPAIGN_PAUSED', 'CAMPAIGN_RESUMED']);
  });

  test('a reason that is too long, or holds control characters', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    for (const reason of ['x'.repeat(501), 'a\u0007b'])
      expect(await refusalOf(pause(campaignId, reason))).toMatchObject({
        code: Code.InvalidArgument,
        fields: ['reason'],
      });
    expect(await pauseOf(campaignId)).toBeUndefined();
  });
});

describe('a paused campaign', () => {
  test('says since when, by whom and why, and stays RUNNING', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    await pause(campaignId, 'A wrong date in the text');
    expect(await pauseOf(campaignId)).toMatchObject({
      ...{ pausedBy: cast.max.userId, reason: 'A wrong date in the text', pausedAt: expect.anything() },
    });
    expect((await campaignOf(campaignId))?.status).toBe(CampaignStatus.RUNNING);
    await resume(campaignId);
    expect(await pauseOf(campaignId)).toBeUndefined();
  });

  test('passes no deadline; recipients acknowledge, and the deadline passes once with the end of the pause', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId, bob.userId]);
    await pause(campaignId);
    await letPass(THREE_DAYS_MS + HOUR_MS);
    expect(await campaignOf(campaignId)).toMatchObject({
      status: CampaignStatus.RUNNING,
      workflowProgress: { currentStepId: 'wait' },
    });
    await acknowledge(ann, campaignId);
    await resume(campaignId);
    const campaign = await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(campaign).toMatchObject({ actionCompletedCount: 1, missedCount: 1 });
    expect(await tally(s, campaignId)).toEqual({ ACKNOWLEDGED: 1, MISSED: 1 });
  });

  test('keeps the time of a deadline that is not due', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    const before = (await campaignOf(campaignId))?.workflowProgress?.nextWakeAt;
    await pause(campaignId);
    await letPass(24 * HOUR_MS);
    await resume(campaignId);
    await letPass(24 * HOUR_MS);
    expect((await campaignOf(campaignId))?.workflowProgress).toMatchObject({
      currentStepId: 'wait',
      nextWakeAt: before,
    });
    await s.travel(24 * HOUR_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  });

  test('ends with the pause when all have acknowledged during it', async () => {
    const campaignId = await runningCampaign(cast.max, [ann.userId]);
    await pause(campaignId);
    await acknowledge(ann, campaignId);
    await letPass(0);
    expect((await campaignOf(campaignId))?.status).toBe(CampaignStatus.RUNNING);
    await resume(campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  });

  test('reminds and escalates once with the end of the pause, however much became due', async () => {
    const boss = await hire(s, cast.acme);
    const up = { targets: [user(boss.userId)], repeatCount: 2, repeatIntervalMinutes: 60 };
    const steps = [ask('send', 'wait'), wait('wait', 'note', '1h'), remind('note', 'up')];
    const campaignId = await startWorkflow(
      cast.max,
      [ann.userId],
      [...steps, escalate('up', 'mark', up), mark],
    );
    await untilStep(cast.max, campaignId, 'wait');
    await pause(campaignId);
    await letPass(10 * HOUR_MS);
    expect(await pushesOf(s, campaignId, 'note')).toEqual([]);
    expect(await copiesOf(s, campaignId)).toEqual([]);
    await resume(campaignId);
    await untilStep(cast.max, campaignId, 'up');
    await eventually('the first round is over', async () => (await copiesOf(s, campaignId)).length === 1);
    expect(await pushesOf(s, campaignId, 'note')).toEqual([ann.userId]);
    // Between two rounds: both become due, and one comes with the end of the pause.
    await letPass(0);
    await pause(campaignId);
    await letPass(10 * HOUR_MS);
    expect(await copiesOf(s, campaignId)).toHaveLength(1);
    await resume(campaignId);
    await eventually('the second round is over', async () => (await copiesOf(s, campaignId)).length === 2);
    await letPass(0);
    expect((await copiesOf(s, campaignId)).map(({ round }) => round)).toEqual([0, 1]);
    await s.travel(HOUR_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(await copiesOf(s, campaignId)).toHaveLength(3);
  });

  test('begins no attempt at a webhook call, and continues with them afterwards', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const campaignId = await startWorkflow(cast.max, [ann.userId], [call]);
    await eventually('an attempt fails', async () => (await callOf(campaignId)).attempts[0]?.status === 500);
    await pause(campaignId);
    await letPass(0);
    const before = receiver.received.length;
    await letPass(60_000);
    expect(receiver.received).toHaveLength(before);
    receiver.answer((response) => void response.writeHead(204).end());
    await resume(campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    const { call: made, attempts } = await callOf(campaignId);
    expect(made).toMatchObject({ outcome: Outcome.COMPLETED, attempts: before + 1 });
    expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
  });

  test('lets a request on its way end, and takes the next step after the pause', async () => {
    let answer = (): void => undefined;
    receiver.answer((response) => (answer = () => void response.writeHead(204).end()));
    const campaignId = await startWorkflow(cast.max, [ann.userId], [call]);
    await eventually('the request arrives', async () => receiver.received.length === 1);
    await pause(campaignId);
    answer();
    await eventually('the call has ended', async () => {
      const { call: made } = await callOf(campaignId);
      return made?.outcome === Outcome.COMPLETED;
    });
    await letPass(0);
    expect((await campaignOf(campaignId))?.status).toBe(CampaignStatus.RUNNING);
    await resume(campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(receiver.received).toHaveLength(1);
  });

  test('sends no second request beside one that is on its way through a short pause', async () => {
    let answer = (): void => undefined;
    receiver.answer((response) => (answer = () => void response.writeHead(204).end()));
    const campaignId = await startWorkflow(cast.max, [ann.userId], [call]);
    await eventually('the request arrives', async () => receiver.received.length === 1);
    await pause(campaignId);
    await resume(campaignId);
    const { call: held } = await callOf(campaignId);
    const [next] = await s.database.query<{ waits: boolean }>(
      'select run_at > now() as waits from graphile_worker.jobs where key = $1 and locked_at is null',
      [`webhook.deliver/${held?.id}`],
    );
    expect(next).toEqual({ waits: true });
    answer();
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(receiver.received).toHaveLength(1);
    const { call: made } = await callOf(campaignId);
    expect(made).toMatchObject({ outcome: Outcome.COMPLETED, attempts: 1 });
  });

  /** A paused campaign that waited for the phone of a member who has one now. */
  async function enrolledInPause(): Promise<{ dan: Actor; campaignId: string }> {
    const dan = await hire(s, cast.acme);
    const { campaign } = await campaigns().createCampaign({
      ...{ name: 'Campaign', templateId: await createTemplate(cast.max), workflow },
      ...{ userIds: [dan.userId], waitForEnrollment: true },
    });
    const campaignId = campaign?.id ?? '';
    await campaigns().startCampaign({ campaignId });
    await untilStep(cast.max, campaignId, 'wait');
    await pause(campaignId);
    await addPhone(dan);
    await letPass(0);
    return { dan, campaignId };
  }

  test('pushes to people who enroll during the pause once it has ended', async () => {
    const { dan, campaignId } = await enrolledInPause();
    expect(await tally(s, campaignId)).toEqual({ NO_DEVICE: 1 });
    expect(await pushesOf(s, campaignId, 'send')).toEqual([]);
    await resume(campaignId);
    await eventually('it is pushed', async () => (await pushesOf(s, campaignId, 'send')).length === 1);
    await letPass(0);
    expect(await tally(s, campaignId)).toEqual({ SENT: 1 });
    expect(await pushesOf(s, campaignId, 'send')).toEqual([dan.userId]);
  });

  test('does not deadlock with a piece of messages that was in flight when it ended', async () => {
    const { dan, campaignId } = await enrolledInPause();
    // Locks as a piece does: inboxes, then the run.
    const piece = new Client({ connectionString: s.database.ownerUrl });
    await piece.connect();
    try {
      await piece.query('begin');
      await piece.query('select from inbox where user_id = $1 for update', [dan.userId]);
      await resume(campaignId);
      await eventually('the push waits for the inbox', async () => {
        const waiting = await s.database.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
      await piece.query('update campaign_run set copies = copies where campaign_id = $1', [campaignId]);
      await piece.query('commit');
    } finally {
      await piece.end();
    }
    await eventually('it is pushed', async () => (await pushesOf(s, campaignId, 'send')).length === 1);
    expect(s.logLines().filter((line) => JSON.stringify(line).includes('deadlock'))).toEqual([]);
  });

  test('is cancelled as any other, and its pause ends with it', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const campaignId = await startWorkflow(cast.max, [ann.userId], [call]);
    await eventually('an attempt fails', async () => (await callOf(campaignId)).attempts[0]?.status === 500);
    await pause(campaignId);
    await campaigns().cancelCampaign({ campaignId });
    expect(await pauseOf(campaignId)).toBeUndefined();
    expect((await callOf(campaignId)).call?.outcome).toBe(Outcome.CANCELLED);
    expect((await refusalOf(resume(campaignId))).reason).toBe('CAMPAIGN_NOT_RUNNING');
  });

  test('shows its messages with their actions', async () => {
    const campaignId = await runningCampaign(cast.max, [bob.userId]);
    await pause(campaignId);
    const [entry] = await entriesOf(bob, campaignId);
    expect(entry?.message?.actions).toHaveLength(1);
    await acknowledge(bob, campaignId);
    expect(await tally(s, campaignId)).toEqual({ ACKNOWLEDGED: 1 });
  });
});
