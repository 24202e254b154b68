import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { addRecipient } from '../support/campaigns.js';
import type { Actor, Cast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge } from '../support/follow-ups.js';
import { members } from '../support/members.js';
import {
  integrations,
  isSignedBy,
  outcomesOf,
  postOf,
  postsOf,
  type PostStage,
  resetPostStage,
  SECRET,
  setWebhook,
  startPostStage,
  startReminding,
  untilPostsEnded,
} from '../support/organization-webhook.js';
import type { TestServer } from '../support/test-server.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';

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

describe('a post that waits', () => {
  /** A campaign whose first attempt has failed. */
  async function waiting(...people: Actor[]): Promise<string> {
    receiver.answer((response) => void response.writeHead(503).end('busy'));
    const campaignId = await reminding(...people);
    await eventually('the first attempts fail', async () => {
      const posts = await postsOf(cast.max, campaignId);
      return posts.length === people.length && posts.every(({ attempts }) => attempts[0]?.status === 503);
    });
    receiver.received.length = 0;
    receiver.answer((response) => void response.writeHead(204).end());
    return campaignId;
  }

  test('is signed with the secret that there is by then, and goes to the URL that there is by then', async () => {
    const campaignId = await waiting(ann);
    const secret = 'the next secret of Acme';
    await setWebhook(cast.alice, `${receiver.url}/next`, secret);
    const [post] = await untilEnded(campaignId, 1);
    const [request] = receiver.received;
    expect(request && [isSignedBy(secret, request), isSignedBy(SECRET, request)]).toEqual([true, false]);
    expect(post?.call).toMatchObject({ outcome: Outcome.COMPLETED, url: `${receiver.url}/next` });
  });

  test('is tried five times under one id with one content, and sent again on demand', async () => {
    receiver.answer((response) => void response.writeHead(503).end('x'.repeat(100_000)));
    const campaignId = await reminding(ann);
    const [failed] = await untilEnded(campaignId, 1);
    expect(failed?.call.outcome).toBe(Outcome.FAILED);
    expect(failed?.attempts.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    receiver.answer((response) => void response.writeHead(200).end('late'));
    await cast.max.client(WebhookService).redeliverWebhookCalls({ callIds: [failed?.call.id ?? ''] });
    await eventually('it is sent again', async () => {
      const [again] = await postsOf(cast.max, campaignId);
      return again?.attempts[5]?.status === 200;
    });
    const sent = receiver.received.map(({ headers, body }) => [headers['webhook-id'], body].join());
    expect(sent).toHaveLength(6);
    expect(new Set(sent).size).toBe(1);
    expect(receiver.received.every((request) => isSignedBy(SECRET, request))).toBe(true);
    expect(
      (await cast.max.client(WebhookService).listWebhookCalls({ campaignId, posts: true, failedOnly: true }))
        .calls,
    ).toHaveLength(1);
  });

  test.each([
    [
      'the webhook is removed',
      () => integrations(cast.alice).setOrgWebhookConfig({ orgId: cast.acme.id }),
      /webhook is missing/,
    ],
    ['the recipient acknowledges', (id: string) => acknowledge(ann, id), /has acknowledged/],
  ])('is given up with a reason once %s', async (_, act, reason) => {
    const campaignId = await waiting(ann);
    await act(campaignId);
    const [post] = await untilEnded(campaignId, 1);
    expect(post?.call.outcome).toBe(Outcome.CANCELLED);
    expect(post?.attempts.at(-1)?.error).toMatch(reason);
    expect(receiver.received).toEqual([]);
  });

  test('is given up once the member is deactivated', async () => {
    const leaving = await addRecipient(s, cast.acme, 'leaving');
    const campaignId = await waiting(leaving);
    await members(cast.alice).deactivateUser({ userId: leaving.userId });
    const [post] = await untilEnded(campaignId, 1);
    expect(post?.attempts.at(-1)?.error).toBe('not sent: the member is deactivated');
    const { call } = post ?? {};
    receiver.received.length = 0;
    await cast.max.client(WebhookService).redeliverWebhookCalls({ callIds: [call?.id ?? ''] });
    await eventually('the redelivery ends', async () => {
      const [again] = await postsOf(cast.max, campaignId);
      return again?.attempts.at(-1)?.redelivery && again.attempts.at(-1)?.error.startsWith('not sent');
    });
    expect(receiver.received).toEqual([]);
  });

  test('ends with its campaign', async () => {
    const campaignId = await waiting(ann, bob);
    await cast.max.client(CampaignService).cancelCampaign({ campaignId });
    expect(await outcomesOf(cast.max, campaignId)).toEqual([Outcome.CANCELLED, Outcome.CANCELLED]);
    await s.travel(17_000);
    expect(receiver.received).toEqual([]);
  });

  test('is held while its campaign is paused', async () => {
    const campaignId = await waiting(ann);
    await cast.max.client(CampaignSteeringService).pauseCampaign({ campaignId });
    await s.travel(60_000);
    // Those of another campaign are sent in that time.
    const second = await reminding(bob);
    await untilEnded(second, 1);
    expect(receiver.received.map((each) => postOf(each).campaign_id)).toEqual([second]);
    await cast.max.client(CampaignSteeringService).resumeCampaign({ campaignId });
    const [post] = await untilEnded(campaignId, 1);
    expect(post?.call.outcome).toBe(Outcome.COMPLETED);
  });

  test('goes with the member who is erased, and is in the export until then', async () => {
    const leaving = await addRecipient(s, cast.acme, 'erased');
    const campaignId = await waiting(leaving, bob);
    const privacy = cast.alice.client(PrivacyService);
    const { requestId } = await privacy.deleteUserData({ userId: leaving.userId });
    await privacy.immediateDelete({ requestId, confirmationEmail: leaving.email });
    await eventually('the post is deleted', async () => {
      const posts = await postsOf(cast.max, campaignId);
      return posts.length === 1 && posts[0]?.call.userId === bob.userId;
    });
    const rows = await s.database.query(
      'select from webhook_call where user_id = $1 or payload::text like $2',
      [leaving.userId, `%${leaving.userId}%`],
    );
    expect(rows).toEqual([]);
    await untilEnded(campaignId, 1);
    expect(receiver.received.map((each) => postOf(each).user_id)).toEqual([bob.userId]);
  });
});

test('a month after the last post of a step has ended, its content has been deleted', async () => {
  const campaignId = await reminding(ann);
  const [post] = await untilEnded(campaignId, 1);
  await s.travel(30 * 24 * 3_600_000 + 60_000);
  await eventually('the content is deleted', async () => {
    const rows = await s.database.query('select from webhook_call where id = $1 and payload is null', [
      post?.call.id,
    ]);
    return rows.length === 1;
  });
});
