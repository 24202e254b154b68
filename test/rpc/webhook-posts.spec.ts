import { Code } from '@connectrpc/connect';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { EscalateMode, EscalationCondition } from '@dovecote/contract/pidgr/v1/common_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { TokenService } from '@dovecote/contract/pidgr/v1/token_pb';
import { untilStep } from '../support/campaigns.js';
import type { Actor, Cast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { setManager, skipsOf } from '../support/follow-ups.js';
import {
  integrations,
  isSignedBy,
  outcomesOf,
  postOf,
  postsOf,
  type PostStage,
  remindAndPost,
  resetPostStage,
  SECRET,
  startPostStage,
  startReminding,
  untilPostsEnded,
} from '../support/organization-webhook.js';
import { refusalsOf } from '../support/refusal.js';
import type { TestServer } from '../support/test-server.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, escalate, manager, remind, startWorkflow, tell, user, wait } from '../support/workflows.js';

// A worker looks for what has become due every other second, up to five times in a test.
jest.setTimeout(120_000);

let stage: PostStage;
let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
let others: WebhookReceiver;
let ann: Actor;
let bob: Actor;

beforeAll(async () => {
  stage = await startPostStage();
  ({ s, cast, receiver, others, ann, bob } = stage);
});
afterAll(() => stage?.stop());
beforeEach(() => resetPostStage(stage));
afterEach(() => {
  expect(others.received).toEqual([]);
});

const reminding = (...people: Actor[]) => startReminding(cast.max, people);

const untilEnded = (campaignId: string, count: number) => untilPostsEnded(s, cast.max, campaignId, count);

const untilReceived = (count: number) =>
  eventually(`${count} posts arrive`, () => Promise.resolve(receiver.received.length >= count));

describe('a reminder', () => {
  test('posts each recipient once, signed over the raw body, and nothing of the message', async () => {
    const { value } = await cast.alice.client(WebhookService).rotateWebhookSecret({});
    const campaignId = await reminding(ann, bob);
    const posts = await untilEnded(campaignId, 2);

    expect(receiver.received).toHaveLength(2);
    for (const request of receiver.received) {
      expect(isSignedBy(SECRET, request)).toBe(true);
      expect(isSignedBy(SECRET, { ...request, body: `${request.body} ` })).toBe(false);
      expect(request.headers['content-type']).toBe('application/json');
      // The three that the library reads are texts.
      new Webhook(value).verify(request.body, request.headers as Record<string, string>);
      expect(Object.keys(postOf(request)).sort()).toEqual([
        ...['campaign_id', 'deeplink_url', 'occurred_at', 'user_id'],
      ]);
      expect(request.body).not.toContain('Hello');
    }
    expect(new Set(receiver.received.map((each) => postOf(each).user_id))).toEqual(
      new Set([ann.userId, bob.userId]),
    );
    expect(receiver.received.map((each) => postOf(each).campaign_id)).toEqual([campaignId, campaignId]);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids)).toEqual(new Set(posts.map(({ call }) => `msg_${call.id}`)));
    expect(posts[0]).toMatchObject({
      call: { outcome: Outcome.COMPLETED, stepId: 'remind', url: receiver.url, name: '', round: 0 },
      attempts: [{ number: 1, status: 204, error: '', redelivery: false }],
    });
    // Not among the calls of CALL_WEBHOOK steps.
    expect((await cast.max.client(WebhookService).listWebhookCalls({ campaignId })).calls).toEqual([]);
    expect(await skipsOf(s, campaignId)).toEqual([]);
  });

  test('links to the campaign with a token of the member', async () => {
    const campaignId = await reminding(ann);
    await untilReceived(1);
    const [post] = receiver.received.map(postOf);
    const link = new URL(post?.deeplink_url ?? '');
    const code = link.pathname.split('/').at(-1) ?? '';
    expect(link.pathname).toBe(`/c/${code}`);
    const found = await cast.mallory.client(CampaignService).getCampaignByShortCode({ shortCode: code });
    expect(found).toMatchObject({ campaignId, orgId: cast.acme.id });
    const token = link.searchParams.get('t') ?? '';
    const checked = await cast.mallory.client(TokenService).validateDeeplinkToken({ token, campaignId });
    expect(checked).toMatchObject({
      valid: true,
      payload: { campaignId, recipientUserId: ann.userId, stepKind: 1 },
    });
  });

  test('posts those who are told of the recipient, too', async () => {
    const campaignId = await startWorkflow(
      cast.max,
      [ann.userId],
      [ask('send', 'remind'), remindAndPost('remind', 'wait', [user(cast.max.userId)]), wait('wait', 'end')],
    );
    await untilEnded(campaignId, 2);
    expect(new Set(receiver.received.map((each) => postOf(each).user_id))).toEqual(
      new Set([ann.userId, cast.max.userId]),
    );
  });

  test('without the channel makes no posts', async () => {
    const steps = [ask('send', 'remind'), remind('remind', 'wait'), wait('wait', 'end')];
    const campaignId = await startWorkflow(cast.max, [ann.userId], steps);
    await untilStep(cast.max, campaignId, 'wait');
    expect(await postsOf(cast.max, campaignId)).toEqual([]);
    expect(await skipsOf(s, campaignId)).toEqual([]);
  });
});

describe('an escalation', () => {
  test('posts the manager once a round, and not the recipient', async () => {
    await setManager(cast.alice, ann, cast.max);
    const step = escalate('up', 'end', {
      ...{ targets: [manager], thirdPartyChannels: [ChannelName.WEBHOOK] },
      ...{ repeatCount: 1, repeatIntervalMinutes: 60 },
    });
    const campaignId = await startWorkflow(cast.max, [ann.userId], [ask('send', 'up'), step]);
    await untilEnded(campaignId, 1);
    await s.travel(3_600_000);
    const posts = await untilEnded(campaignId, 2);
    expect(posts.map(({ call }) => [call.userId, call.round])).toEqual([
      [cast.max.userId, 0],
      [cast.max.userId, 1],
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    const token = new URL(postOf(receiver.received[0]!).deeplink_url).searchParams.get('t') ?? '';
    const { payload } = await cast.max.client(TokenService).validateDeeplinkToken({ token, campaignId });
    expect(payload).toMatchObject({ recipientUserId: cast.max.userId, stepKind: 2 });
  });

  test('by alerts alone posts as well', async () => {
    const campaignId = await startWorkflow(
      cast.max,
      [ann.userId],
      [
        { ...tell, transitions: { completed: 'up' } },
        escalate('up', 'end', {
          ...{ targets: [user(bob.userId)], thirdPartyChannels: [ChannelName.WEBHOOK, ChannelName.SLACK] },
          ...{ mode: EscalateMode.ALERT_ONLY, condition: EscalationCondition.IF_NOT_CLOSED },
        }),
      ],
    );
    await untilEnded(campaignId, 1);
    expect(receiver.received.map((each) => postOf(each).user_id)).toEqual([bob.userId]);
    expect((await skipsOf(s, campaignId)).map(({ reason }) => reason)).toEqual(['channel_unavailable']);
  });
});

describe('nothing is posted, and the reason recorded,', () => {
  const without = async (reason: string) => {
    const campaignId = await reminding(ann);
    await untilStep(cast.max, campaignId, 'wait');
    expect(await postsOf(cast.max, campaignId)).toEqual([]);
    expect((await skipsOf(s, campaignId)).map((skip) => skip.reason)).toEqual([reason]);
    expect(receiver.received).toEqual([]);
  };
  const set = (change: { url?: string; enabled?: boolean }) =>
    integrations(cast.alice).setOrgWebhookConfig({ orgId: cast.acme.id, url: receiver.url, ...change });

  test('without a webhook, and without a secret', async () => {
    await set({ url: '' });
    await without('channel_not_set_up');
    await set({ enabled: true });
    await without('channel_not_set_up');
  });

  test('when it is not enabled', async () => {
    await set({ enabled: false });
    await without('channel_not_set_up');
  });

  test('while the organization is suspended', async () => {
    const campaignId = await startWorkflow(
      cast.max,
      [ann.userId],
      [
        ask('send', 'first'),
        wait('first', 'remind', '1h'),
        remindAndPost('remind', 'wait'),
        wait('wait', 'end'),
      ],
    );
    await untilStep(cast.max, campaignId, 'first');
    const suspend = (at: Date | null) =>
      s.database.query('update organization set suspended_at = $2 where id = $1', [cast.acme.id, at]);
    await suspend(new Date());
    await s.travel(3_600_000);
    await eventually('the reason is recorded', async () => (await skipsOf(s, campaignId)).length === 1);
    await suspend(null);
    expect((await skipsOf(s, campaignId)).map((skip) => skip.reason)).toEqual(['organization_closed']);
    expect(receiver.received).toEqual([]);
  });

  test('when the channels of the organization are off', async () => {
    await cast.alice
      .client(OrganizationService)
      .updateOrgPrivacySettings({ thirdPartyChannelsEnabled: false });
    await without('channels_off');
  });
});

test('a receiver that never answers takes no post down, and the campaign does not wait for it', async () => {
  receiver.answer(() => undefined);
  const campaignId = await startWorkflow(
    cast.max,
    [ann.userId, bob.userId],
    [ask('send', 'remind'), remindAndPost('remind', 'wait'), wait('wait', 'end')],
  );
  await untilStep(cast.max, campaignId, 'wait');
  // At that time none was answered.
  expect((await outcomesOf(cast.max, campaignId)).every((outcome) => outcome === Outcome.UNSPECIFIED)).toBe(
    true,
  );
  const timedOut = await eventually(
    'both time out',
    async () => {
      const posts = await postsOf(cast.max, campaignId);
      return posts.every(({ attempts }) => attempts[0]?.durationMs !== undefined) && posts;
    },
    30_000,
  );
  for (const { attempts } of timedOut) {
    expect(attempts[0]?.durationMs).toBeGreaterThanOrEqual(4_900);
    expect(attempts[0]).toMatchObject({ status: 0, error: expect.stringContaining('does not answer') });
  }
  receiver.answer((response) => void response.writeHead(204).end());
  const posts = await untilEnded(campaignId, 2);
  expect(posts.map(({ call }) => call.outcome)).toEqual([Outcome.COMPLETED, Outcome.COMPLETED]);
});

test('a stranger finds no post', async () => {
  const campaignId = await reminding(ann);
  const [post] = await untilEnded(campaignId, 1);
  const webhooks = cast.mallory.client(WebhookService);
  expect((await webhooks.listWebhookCalls({ posts: true })).calls).toEqual([]);
  const refusals = await refusalsOf([
    webhooks.getWebhookCall({ callId: post?.call.id }),
    webhooks.redeliverWebhookCalls({ callIds: [post?.call.id ?? ''] }),
  ]);
  expect(refusals.map(({ code }) => code)).toEqual([Code.NotFound, Code.NotFound]);
  expect(receiver.received).toHaveLength(1);
});
