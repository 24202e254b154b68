import { createHmac } from 'node:crypto';
import {
  type WebhookAttempt,
  type WebhookCall,
  WebhookCall_Outcome as Outcome,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { IntegrationsService } from '@dovecote/contract/pidgr/v1/integrations_service_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { addRecipient } from './campaigns.js';
import { type Actor, type Cast, seedCast } from './cast.js';
import { eventually } from './eventually.js';
import { startTestServer, type TestServer } from './test-server.js';
import { type ReceivedCall, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';
import { ask, remind, startWorkflow, wait } from './workflows.js';

export const SECRET = 'a secret of the organization';

/** What a post holds. */
export interface Post {
  user_id: string;
  campaign_id: string;
  deeplink_url: string;
  occurred_at: string;
}

/** A server whose organizations post to receivers, one for each. */
export interface PostStage {
  readonly s: TestServer;
  readonly cast: Cast;
  readonly receiver: WebhookReceiver;
  /** That of the other organization. */
  readonly others: WebhookReceiver;
  readonly ann: Actor;
  readonly bob: Actor;
  stop(): Promise<void>;
}

export async function startPostStage(): Promise<PostStage> {
  const [receiver, others] = await Promise.all([startWebhookReceiver(), startWebhookReceiver()]);
  const s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: `${receiver.host},${others.host}` } });
  const cast = await seedCast(s);
  const [ann, bob] = await Promise.all([
    addRecipient(s, cast.acme, 'ann'),
    addRecipient(s, cast.acme, 'bob'),
  ]);
  await setWebhook(cast.mallory, others.url);
  return {
    ...{ s, cast, receiver, others, ann, bob },
    async stop() {
      await s.stop();
      await Promise.all([receiver.stop(), others.stop()]);
    },
  };
}

/** Has the receiver accept what comes, and forget what came. */
export async function resetPostStage({ cast, receiver }: PostStage): Promise<void> {
  receiver.answer((response) => void response.writeHead(204).end());
  await setWebhook(cast.alice, receiver.url);
  receiver.received.length = 0;
}

/** Starts a campaign whose reminder posts; returns its id. */
export function startReminding(starter: Actor, people: readonly Actor[]): Promise<string> {
  return startWorkflow(
    starter,
    people.map(({ userId }) => userId),
    [ask('send', 'remind'), remindAndPost('remind', 'wait'), wait('wait', 'end')],
  );
}

export const integrations = (actor: Actor) => actor.client(IntegrationsService);

/** Turns the channels of the organization on, and sets its webhook. */
export async function setWebhook(admin: Actor, url: string, secret = SECRET): Promise<void> {
  await admin.client(OrganizationService).updateOrgPrivacySettings({ thirdPartyChannelsEnabled: true });
  await integrations(admin).setOrgWebhookConfig({ orgId: admin.orgId, url, enabled: true, secret });
}

/** SEND_REMINDER that posts to the organization's webhook. */
export function remindAndPost(id: string, next: string, ...[targets]: [Parameters<typeof remind>[2]?]) {
  const step = remind(id, next, targets);
  step.config.value.thirdPartyChannels = [ChannelName.WEBHOOK];
  return step;
}

export function postOf({ body }: ReceivedCall): Post {
  // Checked by what the specs expect of it.
  return JSON.parse(body) as Post;
}

/** Whether a request carries the signature of the secret, over its raw body. */
export function isSignedBy(secret: string, { headers, body }: ReceivedCall): boolean {
  return headers['x-pidgr-signature'] === createHmac('sha256', secret).update(body).digest('hex');
}

/** The posts of a campaign, each with its attempts, the oldest first. */
export async function postsOf(
  reader: Actor,
  campaignId: string,
): Promise<{ call: WebhookCall; attempts: WebhookAttempt[] }[]> {
  const webhooks = reader.client(WebhookService);
  const { calls } = await webhooks.listWebhookCalls({ campaignId, posts: true, pageSize: 100 });
  return Promise.all(
    calls.reverse().map(async (call) => {
      const { attempts } = await webhooks.getWebhookCall({ callId: call.id });
      return { call, attempts };
    }),
  );
}

export async function outcomesOf(reader: Actor, campaignId: string): Promise<Outcome[]> {
  return (await postsOf(reader, campaignId)).map(({ call }) => call.outcome);
}

/** Waits until every post of the campaign has ended; the clock is moved to each next attempt. */
export async function untilPostsEnded(s: TestServer, reader: Actor, campaignId: string, count: number) {
  let waited = '';
  return eventually(
    'the posts end',
    async () => {
      const posts = await postsOf(reader, campaignId);
      if (posts.length === count && posts.every(({ call }) => call.outcome !== Outcome.UNSPECIFIED))
        return posts;
      const due = posts.map(({ call, attempts }) =>
        attempts.every(({ durationMs }) => durationMs !== undefined) ? call.attempts : -1,
      );
      const isWaiting = due.some((attempts) => attempts > 0);
      if (isWaiting && due.join() !== waited) {
        waited = due.join();
        await s.travel(17_000);
      }
      return undefined;
    },
    60_000,
  );
}
