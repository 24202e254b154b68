import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AudienceService } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, EscalationTargetType, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import {
  addRecipient,
  createCampaign,
  createTemplate,
  runningCampaign,
  untilStep,
  workflow,
} from '../support/campaigns.js';
import { type Actor, addApiKey, type Cast, seedCast } from '../support/cast.js';
import { hire, members } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, mark, wait } from '../support/workflows.js';

let s: TestServer;
let cast: Cast;
let ann: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ann = await addRecipient(s, cast.acme, 'ann');
});
afterAll(() => s?.stop());

const steering = (actor: Actor = cast.max) => actor.client(CampaignSteeringService);
const campaigns = (actor: Actor = cast.max) => actor.client(CampaignService);
const duplicate = (campaignId: string, name = '') => steering().duplicateCampaign({ campaignId, name });

describe('refuses', () => {
  test('campaigns of another organization, and unknown ones, alike', async () => {
    const campaignId = await createCampaign(cast.max, [ann.userId]);
    const refusals = await refusalsOf([
      steering(cast.mallory).duplicateCampaign({ campaignId }),
      duplicate(randomUUID()),
    ]);
    expect(refusals).toMatchObject(Array(2).fill({ code: Code.NotFound, reason: 'CAMPAIGN_NOT_FOUND' }));
  });

  test('callers without the permission', async () => {
    const campaignId = await createCampaign(cast.max, [ann.userId]);
    const starter = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_START]);
    for (const actor of [cast.erin, starter])
      expect((await refusalOf(steering(actor).duplicateCampaign({ campaignId }))).code).toBe(
        Code.PermissionDenied,
      );
  });

  test('a name that is too long', async () => {
    const campaignId = await createCampaign(cast.max, [ann.userId]);
    expect(await refusalOf(duplicate(campaignId, 'x'.repeat(201)))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['name'],
    });
  });

  test('a workflow that tells a group that is no longer there', async () => {
    const groups = cast.alice.client(GroupService);
    const { group } = await groups.createGroup({ name: 'Wardens' });
    const targets = [{ type: EscalationTargetType.GROUP, targetId: group?.id ?? '' }];
    const { campaign } = await campaigns().createCampaign({
      ...{ name: 'Campaign', templateId: await createTemplate(cast.max), userIds: [ann.userId] },
      workflow: {
        steps: [ask('send', 'wait'), wait('wait', 'up'), escalate('up', 'mark', { targets }), mark],
      },
    });
    await groups.deleteGroup({ groupId: group?.id });
    const refusal = await refusalOf(duplicate(campaign?.id ?? ''));
    expect(refusal).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'CAMPAIGN_OUTDATED',
      message: expect.stringContaining('workflow.steps[2].escalate_config.targets[0].target_id'),
    });
  });
});

describe('a duplicate', () => {
  test('waits to be started, with everything that the other one has, in the version that it has', async () => {
    const templateId = await createTemplate(cast.max, 'First {{name}}.');
    const { campaign: made } = await campaigns().createCampaign({
      ...{ name: 'Drill', title: 'Fire', senderName: 'Safety', templateId, workflow, critical: true },
      audience: [{ userId: ann.userId, variables: { gate: 'North' } }, { userId: cast.erin.userId }],
      ...{ includeRestricted: true, waitForEnrollment: true, defaultLocale: 'es' },
    });
    const campaignId = made?.id ?? '';
    await campaigns().startCampaign({ campaignId });
    await untilStep(cast.max, campaignId, 'wait');
    await cast.max.client(TemplateService).updateTemplate({ templateId, body: 'Second {{name}}.' });
    const { campaign: original } = await campaigns().getCampaign({ campaignId });
    const answer = await duplicate(campaignId, 'Drill again');
    expect(answer).toMatchObject({ audienceSize: 2, leftUserIds: [], leftCount: 0 });
    const { campaign } = await campaigns().getCampaign({ campaignId: answer.campaignId });
    expect(campaign).toMatchObject({
      ...{ name: 'Drill again', status: CampaignStatus.CREATED, title: 'Fire', senderName: 'Safety' },
      ...{ templateId, templateVersion: original?.templateVersion, critical: true, defaultLocale: 'es' },
      ...{
        waitForEnrollment: true,
        totalRecipients: 0,
        audienceSnapshotSize: 2,
        workflow: original?.workflow,
      },
    });
    expect(campaign?.startedAt).toBeUndefined();
    expect(campaign?.audienceSnapshotRef).not.toBe(original?.audienceSnapshotRef);
    const audienceOf = async (id: string) =>
      (await campaigns().getCampaignAudience({ campaignId: id })).entries;
    expect(await audienceOf(answer.campaignId)).toEqual(await audienceOf(campaignId));
    // The other one stays what it is, and the new one can be started.
    expect((await campaigns().getCampaign({ campaignId })).campaign).toEqual(original);
    await campaigns().startCampaign({ campaignId: answer.campaignId });
    await untilStep(cast.max, answer.campaignId, 'wait');
    const trail = await s.database.query<{ metadata: object; actor: string }>(
      `select metadata, actor_id as actor from audit_event where entity_id = $1 and event_type = 'CAMPAIGN_CREATED'`,
      [answer.campaignId],
    );
    expect(trail).toEqual([
      { actor: cast.max.userId, metadata: { audience_size: '2', duplicate_of: campaignId } },
    ]);
  });

  test('has the sources of the audience, and not who was left out when they were resolved', async () => {
    const campaignId = await createCampaign(cast.max, [ann.userId]);
    const groups = cast.alice.client(GroupService);
    const { group } = await groups.createGroup({ name: 'Visitors' });
    await groups.addGroupMembers({ groupId: group?.id, userIds: [ann.userId, cast.erin.userId] });
    await cast.max.client(AudienceService).resolveAudience({
      campaignId,
      include: { groupIds: [group?.id ?? ''] },
      exclude: { userIds: [cast.erin.userId] },
    });
    const { campaignId: copy, audienceSize } = await duplicate(campaignId);
    expect(audienceSize).toBe(1);
    const sourcesOf = (id: string) =>
      s.database.query<{ source_id: string | null; excludes: boolean }>(
        `select place, kind, excludes, source_id, name from campaign_audience_source
          where campaign_id = $1 order by place`,
        [id],
      );
    const sources = await sourcesOf(copy);
    expect(sources.map(({ excludes }) => excludes)).toEqual([false, true]);
    expect(sources).toEqual(await sourcesOf(campaignId));
    const leftOut = async (id: string) =>
      (await cast.max.client(AudienceService).listLeftOut({ campaignId: id })).people.length;
    expect([await leftOut(campaignId), await leftOut(copy)]).toEqual([1, 0]);
  });

  test('has the same name where none is given', async () => {
    const { campaignId } = await duplicate(await createCampaign(cast.max, [ann.userId]));
    expect((await campaigns().getCampaign({ campaignId })).campaign?.name).toBe('Campaign');
  });

  test('leaves out and names who has left since; who is restricted is left out as ever', async () => {
    const [dan, eve, fay] = [await hire(s, cast.acme), await hire(s, cast.acme), await hire(s, cast.acme)];
    const people = [ann, dan, eve, fay].map(({ userId }) => userId);
    const campaignId = await runningCampaign(cast.max, people);
    await members(cast.alice).deactivateUser({ userId: dan.userId });
    await s.database.query('delete from member where id = $1', [eve.userId]);
    await s.database.query('update member set processing_restricted = true where id = $1', [fay.userId]);
    const answer = await duplicate(campaignId);
    expect(answer).toMatchObject({
      audienceSize: 1,
      leftUserIds: [dan.userId, eve.userId],
      leftCount: 2,
    });
    const { entries } = await campaigns().getCampaignAudience({ campaignId: answer.campaignId });
    expect(entries.map(({ member }) => member?.userId)).toEqual([ann.userId]);
    // Once the restriction is lifted, the campaign would reach more than were frozen.
    await s.database.query('update member set processing_restricted = false where id = $1', [fay.userId]);
    const { campaign } = await campaigns().getCampaign({ campaignId: answer.campaignId });
    expect(campaign).toMatchObject({ audienceSnapshotSize: 1, currentAudienceSize: 2 });
  });
});
