import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { EscalateMode } from '@dovecote/contract/pidgr/v1/common_pb';
import { addRecipient, untilStep } from '../support/campaigns.js';
import { campaignEvents, fed, feeds, ledgerOf, tallyOf } from '../support/campaign-feed.js';
import { type Cast, seedCast } from '../support/cast.js';
import { setManager } from '../support/follow-ups.js';
import { hire } from '../support/members.js';
import { remindAndPost, setWebhook } from '../support/organization-webhook.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, escalate, manager, startWorkflow, wait } from '../support/workflows.js';

let receiver: WebhookReceiver;
let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  s = await startTestServer({ analytics: true, env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  cast = await seedCast(s);
  await setWebhook(cast.alice, receiver.url);
  await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
});
afterAll(async () => {
  await s?.stop();
  await receiver?.stop();
});

/** Whom the events of a kind are about. */
async function peopleOf(campaignId: string, kind: string): Promise<string[]> {
  const events = await campaignEvents(s, cast.site);
  return events
    .filter((event) => event.kind === kind && event.properties['campaign_id'] === campaignId)
    .map(({ person }) => person);
}

test('a reminder that reaches a recipient by push and post is one event, and one by post alone is, too', async () => {
  const phoned = await addRecipient(s, cast.acme, 'phoned');
  const posted = await hire(s, cast.acme);
  const people = [phoned.userId, posted.userId];
  const campaignId = await startWorkflow(cast.max, people, [
    ask('send', 'nudge'),
    remindAndPost('nudge', 'wait'),
    wait('wait', 'end'),
  ]);
  await untilStep(cast.max, campaignId, 'wait');
  await fed(s);
  expect((await peopleOf(campaignId, 'campaign_reminded')).sort()).toEqual(people.sort());
  expect(tallyOf(await campaignEvents(s, cast.site), campaignId)).toEqual(await ledgerOf(s, campaignId));
});

test('a reminder that reaches no device and no webhook makes no event', async () => {
  const silent = await hire(s, cast.acme);
  const step = remindAndPost('nudge', 'wait');
  step.config.value.thirdPartyChannels = [];
  const steps = [ask('send', 'nudge'), step, wait('wait', 'end')];
  const campaignId = await startWorkflow(cast.max, [silent.userId], steps);
  await untilStep(cast.max, campaignId, 'wait');
  await fed(s);
  expect(tallyOf(await campaignEvents(s, cast.site), campaignId)).toEqual({ campaign_sent: 1 });
});

test('an escalation that alerts or posts, without a copy, is an event of the recipient', async () => {
  const [ada, bob] = await Promise.all(['ada', 'bob'].map((name) => addRecipient(s, cast.acme, name)));
  const boss = await addRecipient(s, cast.acme, 'boss');
  const deskless = await hire(s, cast.acme);
  await setManager(cast.alice, ada!, boss);
  await setManager(cast.alice, bob!, deskless);
  const mode = EscalateMode.ALERT_ONLY;
  const up = escalate('up', 'wait', { targets: [manager], mode });
  const posting = escalate('up', 'wait', {
    targets: [manager],
    mode,
    thirdPartyChannels: [ChannelName.WEBHOOK],
  });
  const people = [ada!.userId, bob!.userId];
  for (const [step, expected] of [
    [up, [ada!.userId]],
    [posting, people],
  ] as const) {
    const campaignId = await startWorkflow(cast.max, people, [ask('send', 'up'), step, wait('wait', 'end')]);
    await untilStep(cast.max, campaignId, 'wait');
    await fed(s);
    expect((await peopleOf(campaignId, 'campaign_escalated')).sort()).toEqual([...expected].sort());
  }
});
