import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService, Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus, EscalationTargetType } from '@dovecote/contract/pidgr/v1/common_pb';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { skipReason } from '../../src/modules/messaging/delivery/skip.store.js';
import { addRecipient, createTemplate, untilStatus, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import {
  acknowledge,
  copiesOf,
  entriesOf,
  pushesOf,
  setManager,
  skipsOf,
  tally,
} from '../support/follow-ups.js';
import { hire, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, manager, mark, remind, startWorkflow, user, wait } from '../support/workflows.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const campaigns = () => cast.max.client(CampaignService);

const completed = (campaignId: string) => untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);

describe('refuses', () => {
  test('targets of another organization and ones that do not exist, each by its field', async () => {
    const foreign = (await cast.mallory.client(GroupService).createGroup({ name: 'Theirs' })).group?.id ?? '';
    const of = (type: EscalationTargetType, targetId: string) => ({ type, targetId });
    const { USER, GROUP, ROLE } = EscalationTargetType;
    const targets = [
      user(cast.mallory.userId),
      of(GROUP, foreign),
      of(ROLE, cast.other.roles.admin),
      of(USER, 'ada'),
      of(GROUP, randomUUID()),
      user(cast.erin.userId),
      manager,
    ];
    const steps = [
      ask('send', 'note'),
      remind('note', 'up', targets.slice(0, 5)),
      escalate('up', 'wait', { targets }),
      wait('wait', 'end'),
    ];
    const draft = { name: 'c', templateId: await createTemplate(cast.max), workflow: { steps } };
    const refused = await refusalOf(campaigns().createCampaign(draft));
    expect(refused.code).toBe(Code.InvalidArgument);
    const paths = (step: string) => [0, 1, 2, 3, 4].map((place) => `workflow.${step}[${place}].target_id`);
    expect(refused.fields).toEqual([
      ...paths('steps[1].send_reminder.notify_targets'),
      ...paths('steps[2].escalate_config.targets'),
    ]);
  });

  test('to remind or escalate before there is a message', async () => {
    const steps = [remind('note', 'send'), ask('send', 'wait'), wait('wait', 'end')];
    const draft = { name: 'c', templateId: await createTemplate(cast.max), workflow: { steps } };
    const refused = await refusalOf(campaigns().createCampaign(draft));
    expect(refused.fields).toEqual(['workflow.steps[0]']);
  });

  test('an action on a note of a reminder', async () => {
    const [ada, boss] = [await addRecipient(s, cast.acme, 'ada'), await hire(s, cast.acme)];
    const steps = [ask('send', 'note'), remind('note', 'wait', [user(boss.userId)]), wait('wait', 'end')];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'wait');
    const [note] = await entriesOf(boss, campaignId);
    expect(note).toMatchObject({ kind: Kind.REMINDER_FYI, message: { actions: [] } });
    const act = { deliveryId: note?.deliveryId, actionId: 'ack' };
    expect((await refusalOf(boss.client(ActionService).submitAction(act))).fields).toEqual(['action_id']);
    // The other organization does not see it.
    const foreign = { deliveryId: note?.deliveryId };
    expect((await refusalOf(cast.mallory.client(InboxService).getMessage(foreign))).code).toBe(Code.NotFound);
  });
});

describe('a reminder', () => {
  test('reaches who can act and has not, and notes it for others until the recipient acts', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const done = await addRecipient(s, cast.acme, 'done');
    const out = await addRecipient(s, cast.acme, 'out');
    const [bare, boss] = [await hire(s, cast.acme), await addRecipient(s, cast.acme, 'boss')];
    await setManager(cast.alice, ada, boss);
    const steps = [
      ask('send', 'first'),
      wait('first', 'note', '1h'),
      remind('note', 'wait', [manager, user(ada.userId)]),
      wait('wait', 'mark', '1h'),
      mark,
    ];
    const everybody = [ada, done, out, bare].map(({ userId }) => userId);
    const campaignId = await startWorkflow(cast.max, everybody, steps, 'Hello {{name}}.');
    await untilStep(cast.max, campaignId, 'first');
    await acknowledge(done, campaignId);
    await members(cast.alice).deactivateUser({ userId: out.userId });
    await s.travel(HOUR_MS);
    await untilStep(cast.max, campaignId, 'wait');
    expect(await pushesOf(s, campaignId, 'note')).toEqual([ada.userId, ada.userId, boss.userId].sort());
    const copies = await copiesOf(s, campaignId);
    expect(copies.map(({ user: to, of }) => [to, of]).sort()).toEqual(
      [
        [boss.userId, ada.userId],
        [ada.userId, bare.userId],
      ].sort(),
    );
    const skips = await skipsOf(s, campaignId);
    expect(skips).toEqual(
      expect.arrayContaining([
        { reason: 'recipient_inactive', of: out.userId, user: null, amount: 1 },
        { reason: 'no_manager', of: bare.userId, user: null, amount: 1 },
        { reason: 'no_device', of: bare.userId, user: null, amount: 1 },
      ]),
    );
    expect(skips).toHaveLength(3);
    const [note] = await entriesOf(boss, campaignId);
    expect(note?.metadata).toMatchObject({
      originalRecipientName: 'ada',
      campaignTitle: 'Title',
      originalMessage: { body: note?.message?.body, actions: [] },
    });
    expect(note?.metadata?.reminderFiredAt).toEqual(note?.receivedAt);
    const { pagination } = await campaigns().listDeliveries({ campaignId });
    expect(pagination?.totalCount).toBe(6);

    const { nextSince } = await boss.client(InboxService).sync({ limit: 200 });
    await acknowledge(ada, campaignId);
    const again = await eventually('the note is settled', async () => {
      const { entries } = await boss.client(InboxService).sync({ since: nextSince });
      return entries.length > 0 && entries;
    });
    expect(again.map(({ deliveryId, status }) => [deliveryId, status])).toEqual([
      [note?.deliveryId, DeliveryStatus.ACKNOWLEDGED],
    ]);
    await s.travel(HOUR_MS);
    expect(await completed(campaignId)).toMatchObject({
      totalRecipients: 4,
      actionCompletedCount: 2,
      missedCount: 2,
    });
    expect(await tally(s, campaignId)).toEqual({ ACKNOWLEDGED: 2, MISSED: 2 });
  });
});

test('copies of the messages of an erased recipient are deleted', async () => {
  const [ada, boss] = [await hire(s, cast.acme), await hire(s, cast.acme)];
  await setManager(cast.alice, ada, boss);
  const campaignId = await startWorkflow(
    cast.max,
    [ada.userId],
    [ask('send', 'up'), escalate('up', 'wait', { targets: [manager] }), wait('wait', 'end')],
    'Dear {{name}}.',
  );
  await untilStep(cast.max, campaignId, 'wait');
  expect(await entriesOf(boss, campaignId)).toHaveLength(1);
  const privacy = cast.alice.client(PrivacyService);
  const { requestId } = await privacy.deleteUserData({ userId: ada.userId, anonymize: true });
  await privacy.immediateDelete({ requestId, confirmationEmail: ada.email });
  await eventually(
    'the copy is deleted',
    async () => (await entriesOf(boss, campaignId)).length === 0,
    30_000,
  );
});

test('channels that do not exist yet are recorded as skipped, each for each recipient', async () => {
  const ada = await addRecipient(s, cast.acme, 'ada');
  const note = remind('note', 'wait');
  note.config.value = { ...note.config.value, thirdPartyChannels: [ChannelName.SLACK, ChannelName.SMS] };
  const steps = [ask('send', 'note'), note, wait('wait', 'end')];
  const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
  await untilStep(cast.max, campaignId, 'wait');
  const rows = await s.database.query(
    'select reason, channel, amount from delivery_skip where campaign_id = $1 order by channel',
    [campaignId],
  );
  const reason = skipReason.channel_unavailable;
  expect(rows).toEqual([
    { reason, channel: ChannelName.SLACK, amount: 1 },
    { reason, channel: ChannelName.SMS, amount: 1 },
  ]);
});
