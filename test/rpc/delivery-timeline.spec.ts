import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  SkipReason,
  TimelineEvent_Type as EventType,
} from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService, Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import {
  CampaignStatus,
  DeliveryStatus,
  EscalateMode,
  EscalationTargetType,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { addPhone, addRecipient, untilStatus, untilStep } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { entriesOf, setManager } from '../support/follow-ups.js';
import { hire, members } from '../support/members.js';
import { deliveryOf, erase, eventsOf, expectSums, reports, textsOf } from '../support/reports.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, manager, mark, remind, startWorkflow, user, wait } from '../support/workflows.js';

const HOUR_MS = 3_600_000;
/** No reason, and those of the organization's webhook: test/rpc/webhook-posts.spec.ts. */
const shownElsewhere: ReadonlySet<SkipReason> = new Set([
  SkipReason.UNSPECIFIED,
  SkipReason.CHANNEL_NOT_SET_UP,
  SkipReason.CHANNELS_OFF,
  SkipReason.ORGANIZATION_CLOSED,
]);

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const campaigns = () => cast.max.client(CampaignService);
const timelineOf = async (campaignId: string, who: Pick<Actor, 'userId'>) =>
  reports(cast.max).getDeliveryTimeline({ deliveryId: await deliveryOf(s, campaignId, who) });
const statisticsOf = (campaignId: string) => reports(cast.max).getCampaignStatistics({ campaignId });

test('every reason for which a step left a member out is counted, and told of the delivery', async () => {
  const phone = (name: string) => addRecipient(s, cast.acme, name);
  const [lone, blank, gone, hidden, early] = await Promise.all(
    ['lone', 'blank', 'gone', 'hidden', 'early'].map(phone),
  );
  const [circle, back] = await Promise.all(['circle', 'back'].map(phone));
  const [ofAway, ofQuiet] = await Promise.all(['ofaway', 'ofquiet'].map(phone));
  const [away, quiet, boss] = await Promise.all(['away', 'quiet', 'boss'].map(phone));
  const phoneless = await hire(s, cast.acme);
  await setManager(cast.alice, circle!, back!);
  await setManager(cast.alice, back!, circle!);
  await setManager(cast.alice, ofAway!, away!);
  await setManager(cast.alice, ofQuiet!, quiet!);
  await setManager(cast.alice, phoneless, boss!);
  const crowd = await s.database.query<{ id: string }>(
    `with people as (
       insert into identity (id, email) select gen_random_uuid(), gen_random_uuid() || '@acme.example'
         from generate_series(1, 60) returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, '', 2, $2 from people returning id`,
    [cast.acme.id, cast.acme.roles.employee],
  );
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: `Many ${randomUUID()}` });
  await groups.addGroupMembers({ groupId: group?.id, userIds: crowd.map(({ id }) => id) });

  const note = remind('note', 'up', [manager]);
  note.config.value = { ...note.config.value, thirdPartyChannels: [ChannelName.SMS] };
  const targets = [manager, { type: EscalationTargetType.GROUP, targetId: group?.id }, user(away!.userId)];
  const { template } = await cast.max.client(TemplateService).createTemplate({
    ...{ name: 'Needs a value', title: 'Title', body: 'Line {{line}}.' },
    variables: [{ name: 'line', required: true }],
  });
  const valuesFor = (userId: string): Record<string, string> =>
    userId === blank!.userId ? {} : { line: '4' };
  const people = [lone!, blank!, gone!, hidden!, early!, circle!, back!, ofAway!, ofQuiet!, phoneless];
  const { campaign } = await campaigns().createCampaign({
    name: 'Everything',
    templateId: template?.id,
    audience: people.map(({ userId }) => ({ userId, variables: valuesFor(userId) })),
    workflow: {
      steps: [
        ask('send', 'first'),
        wait('first', 'note', '1h'),
        note,
        escalate('up', 'last', { targets, repeatCount: 1, repeatIntervalMinutes: 60 }),
        wait('last', 'end'),
      ],
    },
  });
  const campaignId = campaign?.id ?? '';
  const deactivate = ({ userId }: Actor) => members(cast.alice).deactivateUser({ userId });
  const restrict = ({ userId }: Actor) =>
    cast.alice.client(PrivacyService).restrictProcessing({ userId, restricted: true });
  await deactivate(early!);
  await campaigns().startCampaign({ campaignId });
  await untilStep(cast.max, campaignId, 'first');
  for (const one of [gone!, away!]) await deactivate(one);
  for (const one of [hidden!, quiet!]) await restrict(one);
  await s.travel(HOUR_MS);
  await eventually('the second round is waited for', async () => {
    const { campaign: now } = await campaigns().getCampaign({ campaignId });
    return now?.workflowProgress?.currentStepId === 'up' && now.workflowProgress.nextWakeAt;
  });
  await s.database.query('update campaign_run set copies = 200000 where campaign_id = $1', [campaignId]);
  await s.travel(HOUR_MS);
  await untilStep(cast.max, campaignId, 'last');

  const figures = await statisticsOf(campaignId);
  expectSums(figures);
  const reasons = new Set(figures.steps.flatMap(({ skips }) => skips.map(({ reason }) => reason)));
  const every = Object.values(SkipReason).filter((value): value is SkipReason => typeof value === 'number');
  expect([...reasons].sort((a, b) => a - b)).toEqual(every.filter((reason) => !shownElsewhere.has(reason)));
  const [send, , reminder] = figures.steps;
  expect(send).toMatchObject({
    withoutDelivery: { waiting: 0, passedOver: 1 },
    skips: [{ reason: SkipReason.RECIPIENT_INACTIVE, amount: 1n }],
  });
  expect(reminder?.skips).toContainEqual(
    expect.objectContaining({ reason: SkipReason.CHANNEL_UNAVAILABLE, channel: ChannelName.SMS, amount: 6n }),
  );

  const told = async (who: Actor) => textsOf(await timelineOf(campaignId, who));
  expect(await told(lone!)).toEqual(
    expect.arrayContaining([
      'Created for the recipient.',
      'Pushed to the recipient.',
      'The recipient was reminded.',
      'Not reminded, by a note to the manager: the recipient has no manager.',
      'Not sent by SMS: the channel does not exist yet.',
      'Not escalated to the manager: the recipient has no manager.',
      'Not escalated to 10 members: at most 50 members are told of one recipient in one round.',
      'Not escalated to 60 members: a step writes at most 200,000 copies.',
      'Not escalated to 1 member: deactivated.',
    ]),
  );
  expect(await told(circle!)).toContain(
    'Not escalated to the manager: the managers above the recipient lead back to the recipient.',
  );
  expect(await told(ofAway!)).toContain('Not escalated to away: deactivated.');
  expect(await told(ofQuiet!)).toContain(
    'Not escalated to quiet: the processing of their data is restricted.',
  );
  expect(await told(gone!)).toContain('Not escalated: the recipient is deactivated.');
  expect(await told(hidden!)).toContain(
    'Not escalated: the processing of data about the recipient is restricted.',
  );
  expect(await told(blank!)).toEqual([
    'Created for the recipient.',
    'Not rendered. The required variable line has no value.',
    'Not escalated: the recipient has no text.',
    'Not escalated: the recipient has no text.',
  ]);
  expect(await told(phoneless)).toEqual(
    expect.arrayContaining([
      'Not pushed: the recipient had no device.',
      'Not reminded: the recipient has no device.',
      'Noted for boss: the recipient was reminded.',
      'Escalated to boss.',
    ]),
  );
});

describe('a timeline', () => {
  test('tells what recipient, reminder and escalation did, in order, with the instants of the ledger', async () => {
    const [ada, boss] = [await addRecipient(s, cast.acme, 'ada'), await addRecipient(s, cast.acme, 'boss')];
    await addPhone(ada);
    await setManager(cast.alice, ada, boss);
    const steps = [
      ask('send', 'first'),
      wait('first', 'note', '1h'),
      remind('note', 'up', [manager]),
      escalate('up', 'alert', { targets: [manager] }),
      escalate('alert', 'last', { targets: [manager], mode: EscalateMode.ALERT_ONLY }),
      wait('last', 'end'),
    ];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'first');
    const [entry] = await entriesOf(ada, campaignId);
    await ada.client(InboxService).markRead({ deliveryId: entry?.deliveryId });
    await s.travel(HOUR_MS);
    await untilStep(cast.max, campaignId, 'last');
    expect(await entriesOf(boss, campaignId)).toHaveLength(2);
    await ada.client(ActionService).submitAction({ deliveryId: entry?.deliveryId, actionId: 'ack' });
    const copies = await eventually('the copies are settled', async () => {
      const found = await entriesOf(boss, campaignId);
      return found.every(({ status }) => status === DeliveryStatus.ACKNOWLEDGED) && found;
    });

    const own = await reports(cast.max).getDeliveryTimeline({ deliveryId: entry?.deliveryId });
    expect(own).toMatchObject({
      ...{ campaignId, stepId: 'send', kind: Kind.PRIMARY, status: DeliveryStatus.ACKNOWLEDGED },
      ...{ recipient: { userId: ada.userId, name: 'ada', erased: false }, truncated: false },
    });
    expect(
      own.events.map(({ type, stepId, amount, person }) => [EventType[type], stepId, amount, person?.name]),
    ).toEqual([
      ['CREATED', 'send', 0, undefined],
      ['SENT', 'send', 2, undefined],
      ['DELIVERED', '', 0, undefined],
      ['READ', '', 0, undefined],
      ['REMINDED', 'note', 2, undefined],
      ['NOTED', 'note', 0, 'boss'],
      ['ESCALATED', 'up', 0, 'boss'],
      ['ALERTED', 'alert', 1, 'boss'],
      ['ACKNOWLEDGED', '', 0, undefined],
    ]);
    const instants = own.events.map(({ at }) => timestampDate(at!).getTime());
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    const [stored] = await s.database.query<Record<'created' | 'read' | 'acted', Date>>(
      'select created_at as created, read_at as read, acted_at as acted from delivery where id = $1',
      [own.deliveryId],
    );
    expect([0, 3, 8].map((index) => instants[index])).toEqual(
      [stored!.created, stored!.read, stored!.acted].map((instant) => instant.getTime()),
    );

    const escalation = copies.find(({ kind }) => kind === Kind.ESCALATION);
    expect(own.events[6]?.copyDeliveryId).toBe(escalation?.deliveryId);
    const copy = await reports(cast.max).getDeliveryTimeline({ deliveryId: escalation?.deliveryId });
    expect(copy).toMatchObject({
      ...{ parentDeliveryId: own.deliveryId, parentRecipient: { name: 'ada' }, recipient: { name: 'boss' } },
    });
    expect(eventsOf(copy)).toEqual(['CREATED', 'SENT', 'DELIVERED', 'DISMISSED']);

    const figures = await statisticsOf(campaignId);
    expectSums(figures);
    const settled = figures.steps.flatMap(({ counts }) => counts.filter(({ kind }) => kind !== Kind.PRIMARY));
    expect(settled).toMatchObject([
      { kind: Kind.REMINDER_FYI, status: DeliveryStatus.ACKNOWLEDGED, count: 1, dismissed: 1 },
      { kind: Kind.ESCALATION, status: DeliveryStatus.ACKNOWLEDGED, count: 1, dismissed: 1 },
    ]);
  });

  test('ends with what was missed, and tells no instant that was not stored', async () => {
    const ada = await hire(s, cast.acme);
    const steps = [ask('send', 'wait'), wait('wait', 'mark', '1h'), mark];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'wait');
    await s.travel(HOUR_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    const timeline = await timelineOf(campaignId, ada);
    expect(eventsOf(timeline)).toEqual(['CREATED', 'SKIPPED', 'MISSED']);
    expect(timeline.events[1]?.reason).toBe(SkipReason.NO_DEVICE);
    // As a release wrote it that stored no instant.
    await s.database.query('update delivery set missed_at = null where id = $1', [timeline.deliveryId]);
    const [, , missed] = (await timelineOf(campaignId, ada)).events;
    expect([missed?.type, missed?.at]).toEqual([EventType.MISSED, undefined]);
  });

  test('says when a device came that was waited for', async () => {
    const ada = await hire(s, cast.acme);
    const { campaign } = await campaigns().createCampaign({
      ...{ name: 'Patient', templateId: await templateFor('Hello.'), userIds: [ada.userId] },
      workflow: { steps: [ask('send', 'wait'), wait('wait', 'end')] },
      waitForEnrollment: true,
    });
    const campaignId = campaign?.id ?? '';
    await campaigns().startCampaign({ campaignId });
    await untilStep(cast.max, campaignId, 'wait');
    await addPhone(ada);
    await eventually('it is pushed', async () =>
      eventsOf(await timelineOf(campaignId, ada)).includes('SENT'),
    );
    expect(textsOf(await timelineOf(campaignId, ada))).toEqual([
      'Created for the recipient.',
      'Not pushed: the recipient had no device.',
      'Pushed, once the recipient had a device.',
    ]);
  });
});

async function templateFor(body: string): Promise<string> {
  const { template } = await cast.max.client(TemplateService).createTemplate({ name: 'T', title: 'T', body });
  return template?.id ?? '';
}

describe('what was erased', () => {
  const chase = [ask('send', 'up'), escalate('up', 'wait', { targets: [manager] }), wait('wait', 'end')];

  test('shows as such where the delivery stays', async () => {
    const [ada, bob, boss] = await Promise.all(
      ['ada', 'bob', 'boss'].map((name) => addRecipient(s, cast.acme, name)),
    );
    for (const report of [ada!, bob!]) await setManager(cast.alice, report, boss!);
    const campaignId = await startWorkflow(cast.max, [ada!.userId, bob!.userId], chase, 'Dear {{name}}.');
    await untilStep(cast.max, campaignId, 'wait');
    await erase(cast.alice, ada!, true);
    await erase(cast.alice, boss!, true);
    const [own, others] = await eventually('both are erased', async () => {
      const timelines = [await timelineOf(campaignId, ada!), await timelineOf(campaignId, bob!)] as const;
      const isDone =
        timelines[0].recipient?.erased && textsOf(timelines[1]).includes('Escalated to an erased member.');
      return isDone && timelines;
    });
    expect(own.recipient).toMatchObject({ userId: ada!.userId, name: '', erased: true });
    const erased = own.events.at(-1);
    expect([erased?.type, erased?.at]).toEqual([EventType.CONTENT_ERASED, undefined]);
    expect(JSON.stringify([own.events, others.events].flat(), ['text', 'person', 'name'])).not.toMatch(
      /ada|boss/i,
    );
    expect(eventsOf(others)).not.toContain('CONTENT_ERASED');
    expectSums(await statisticsOf(campaignId));
  });
});
