import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { TestMessageService } from '@dovecote/contract/dovecote/campaign/v1/test_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { DeliveryEventStore } from '../../src/modules/messaging/delivery/index.js';
import {
  createCampaign,
  runningCampaign,
  addRecipient,
  untilStatus,
  untilStep,
} from '../support/campaigns.js';
import { campaignEvents, fed, feeds, ledgerOf, tallyOf } from '../support/campaign-feed.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge, copiesOf, entriesOf, setManager } from '../support/follow-ups.js';
import { hire } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, manager, mark, remind, startWorkflow, wait } from '../support/workflows.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
  await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
});
afterAll(() => s?.stop());

const privacy = () => cast.alice.client(PrivacyService);
const tally = async (campaignId: string) => tallyOf(await campaignEvents(s, cast.site), campaignId);

describe('a feed is not set', () => {
  test.each<[string, () => Promise<unknown>, object]>([
    [
      'by an employee',
      () => feeds(cast.erin).setCampaignFeed({ enabled: true }),
      { code: Code.PermissionDenied },
    ],
    [
      'into a project of another organization',
      () => feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.otherSite.id }),
      { code: Code.NotFound, reason: 'PROJECT_NOT_FOUND' },
    ],
    [
      'to nothing, with a project',
      () => feeds(cast.alice).setCampaignFeed({ enabled: false, projectId: cast.otherSite.id }),
      { code: Code.InvalidArgument },
    ],
    [
      'into something that is no project',
      () => feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: 'x' }),
      { code: Code.InvalidArgument, fields: ['project_id'] },
    ],
  ])('%s', async (_, call, refusal) => {
    expect(await refusalOf(call())).toMatchObject(refusal);
    expect(await feeds(cast.alice).getCampaignFeed({})).toMatchObject({ feed: { projectId: cast.site.id } });
  });

  test('and a project is not deleted into which it leads', async () => {
    const projects = cast.alice.client(ProjectService);
    const call = projects.deleteProject({ projectId: cast.site.id, confirmationName: 'Site' });
    expect(await refusalOf(call)).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'CAMPAIGN_FEED_PROJECT',
    });
  });
});

describe('what happens to the messages of a campaign', () => {
  test('is events, as many as the ledger has, of every kind of step', async () => {
    const [ada, bob, eve] = await Promise.all(
      ['ada', 'bob', 'eve'].map((name) => addRecipient(s, cast.acme, name)),
    );
    const boss = await hire(s, cast.acme);
    for (const report of [ada!, bob!, eve!]) await setManager(cast.alice, report, boss);
    const campaignId = await startWorkflow(
      cast.max,
      [ada!.userId, bob!.userId, eve!.userId],
      [
        ask('send', 'first'),
        wait('first', 'nudge', '1h'),
        remind('nudge', 'second', [manager]),
        wait('second', 'up', '1h'),
        escalate('up', 'mark', { targets: [manager], repeatCount: 2, repeatIntervalMinutes: 60 }),
        mark,
      ],
    );
    await untilStep(cast.max, campaignId, 'first');
    const [entry] = await entriesOf(ada!, campaignId);
    await ada!.client(InboxService).markRead({ deliveryId: entry?.deliveryId });
    await acknowledge(ada!, campaignId);
    await acknowledge(ada!, campaignId).catch(() => undefined);
    await s.travel(HOUR_MS);
    await untilStep(cast.max, campaignId, 'second');
    const [note] = await entriesOf(boss, campaignId);
    await boss.client(InboxService).markRead({ deliveryId: note?.deliveryId });
    await s.travel(HOUR_MS);
    const escalated = async (round: number) =>
      (await copiesOf(s, campaignId)).filter((copy) => copy.step === 'up' && copy.round === round).length;
    await eventually('both are escalated', async () => (await escalated(0)) === 2);
    await acknowledge(bob!, campaignId);
    for (let round = 1; round <= 2; round += 1) {
      await s.travel(HOUR_MS);
      await eventually(`round ${round} is over`, async () => (await escalated(round)) > 0);
    }
    await s.travel(HOUR_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    await fed(s);
    const events = await campaignEvents(s, cast.site);
    expect(tallyOf(events, campaignId)).toEqual(await ledgerOf(s, campaignId));
    expect(tallyOf(events, campaignId)).toEqual({
      campaign_sent: 3,
      campaign_delivered: 2,
      campaign_read: 1,
      campaign_acknowledged: 2,
      campaign_missed: 1,
      campaign_reminded: 2,
      campaign_escalated: 4,
      campaign_copy_sent: 6,
      campaign_copy_delivered: 2,
      campaign_copy_read: 1,
    });
    const told = events.find(({ kind, person }) => kind === 'campaign_escalated' && person === eve!.userId);
    expect(told?.properties).toEqual({
      campaign_id: campaignId,
      campaign_name: 'Campaign',
      step_id: 'up',
      round: '0',
      delivery_kind: 'primary',
      template_id: expect.any(String),
      locale: 'en',
    });
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(await campaignEvents(s, cast.otherSite)).toEqual([]);
  });
});

describe('the built-in project', () => {
  test('is made once, is listed as such, and is deleted only after the feed is off', async () => {
    const mine = feeds(cast.mallory);
    const projects = cast.mallory.client(ProjectService);
    await projects.createProject({ name: 'campaigns' });
    const [one, other] = await Promise.all([1, 2].map(() => mine.setCampaignFeed({ enabled: true })));
    expect(one?.feed).toMatchObject({ enabled: true, builtIn: true, suspended: false });
    expect(other?.feed?.projectId).toBe(one?.feed?.projectId);
    const listed = (await projects.listProjects({})).projects.filter(({ builtIn }) => builtIn);
    expect(listed).toMatchObject([{ id: one?.feed?.projectId, name: 'Campaigns 2', mergeIdentities: true }]);
    const gone = { projectId: one?.feed?.projectId, confirmationName: 'Campaigns 2' };
    expect((await refusalOf(projects.deleteProject(gone))).reason).toBe('CAMPAIGN_FEED_PROJECT');
    expect(await mine.setCampaignFeed({ enabled: false })).toMatchObject({
      feed: { enabled: false, projectId: '', builtIn: false },
    });
    await projects.deleteProject(gone);
    expect((await projects.listProjects({})).projects.some(({ builtIn }) => builtIn)).toBe(false);
  });

  test('each change is in the trail, and a repetition writes nothing', async () => {
    const trail = () =>
      s.database.query<{ metadata: { campaign_feed?: string } }>(
        `select metadata from audit_event where org_id = $1 and metadata ? 'campaign_feed' order by created_at, id`,
        [cast.acme.id],
      );
    const before = (await trail()).length;
    await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
    expect(await trail()).toHaveLength(before);
    await feeds(cast.alice).setCampaignFeed({ enabled: false });
    await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
    expect((await trail()).slice(before).map(({ metadata }) => metadata.campaign_feed)).toEqual([
      `${cast.site.id} -> off`,
      `off -> ${cast.site.id}`,
    ]);
  });
});

describe('there are no events', () => {
  test('of test messages', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const campaignId = await createCampaign(cast.alice, [ada.userId]);
    await cast.alice.client(TestMessageService).sendTestMessage({
      message: { case: 'campaign', value: { campaignId, stepId: '' } },
    });
    await fed(s);
    expect(await tally(campaignId)).toEqual({});
  });

  test('of an organization that has set no feed: nothing is noted', async () => {
    await feeds(cast.alice).setCampaignFeed({ enabled: false });
    try {
      const ada = await addRecipient(s, cast.acme, 'ada');
      jest.spyOn(DeliveryEventStore.prototype, 'organizations').mockResolvedValue([]);
      const campaignId = await runningCampaign(cast.max, [ada.userId]);
      await acknowledge(ada, campaignId);
      expect(await s.database.query('select from delivery_event')).toEqual([]);
    } finally {
      jest.restoreAllMocks();
      await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
    }
  });

  test('of a member whose processing is restricted, also where something waited', async () => {
    const [ada, bob] = await Promise.all(['ada', 'bob'].map((name) => addRecipient(s, cast.acme, name)));
    jest.spyOn(DeliveryEventStore.prototype, 'organizations').mockResolvedValue([]);
    const campaignId = await runningCampaign(cast.max, [ada!.userId, bob!.userId]);
    await privacy().restrictProcessing({ userId: ada!.userId, restricted: true });
    const { feed } = await feeds(cast.alice).getCampaignFeed({});
    expect(feed?.waitingEvents).toBeGreaterThanOrEqual(2n);
    expect(feed?.waitingSince).toBeDefined();
    jest.restoreAllMocks();
    await fed(s);
    await acknowledge(ada!, campaignId);
    await fed(s);
    expect(await tally(campaignId)).toEqual({ campaign_sent: 1 });
  });

  test('while behavioral analytics is off, and what happened in that time stays out', async () => {
    const toggle = (behavioralAnalyticsEnabled: boolean) =>
      cast.alice.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled });
    const ada = await addRecipient(s, cast.acme, 'ada');
    await toggle(false);
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    expect(await feeds(cast.alice).getCampaignFeed({})).toMatchObject({
      feed: { enabled: true, suspended: true },
    });
    await fed(s);
    await toggle(true);
    await acknowledge(ada, campaignId);
    await fed(s);
    expect(await tally(campaignId)).toEqual({ campaign_delivered: 1, campaign_acknowledged: 1 });
  });
});

describe('an erased member', () => {
  test.each([true, false])('has no events and no profile any more, anonymized: %s', async (anonymize) => {
    const [ada, bob] = await Promise.all(['ada', 'bob'].map((name) => addRecipient(s, cast.acme, name)));
    const campaignId = await runningCampaign(cast.max, [ada!.userId, bob!.userId]);
    await cast.site.keys.public
      .client(ProfilesSDKService)
      .identify({ externalId: ada!.userId, anonymousId: `anon-${ada!.userId}`, traits: {} });
    await fed(s);
    expect(await tally(campaignId)).toEqual({ campaign_sent: 2 });
    // What happens from here on waits until the member is erased.
    jest.spyOn(DeliveryEventStore.prototype, 'organizations').mockResolvedValue([]);
    await acknowledge(ada!, campaignId);
    await acknowledge(bob!, campaignId);
    const { requestId } = await privacy().deleteUserData({ userId: ada!.userId, anonymize });
    await privacy().immediateDelete({ requestId, confirmationEmail: ada!.email });
    await eventually(
      'the person is erased',
      async () => {
        const rows = await s.database.query<{ status: number }>(
          'select status from erasure_request where external_id = $1',
          [ada!.userId],
        );
        return rows.length === 1 && rows[0]?.status === 3;
      },
      60_000,
    );
    jest.restoreAllMocks();
    await fed(s);
    const left = (await campaignEvents(s, cast.site)).filter(
      ({ properties }) => properties['campaign_id'] === campaignId,
    );
    expect(left.map(({ kind, person }) => [kind, person])).toEqual([
      ['campaign_sent', bob!.userId],
      ['campaign_delivered', bob!.userId],
      ['campaign_acknowledged', bob!.userId],
    ]);
    const profiles = await s.database.query(
      'select from profile where external_id = $1 and deleted_at is null and merged_into is null',
      [ada!.userId],
    );
    expect(profiles).toEqual([]);
  });
});
