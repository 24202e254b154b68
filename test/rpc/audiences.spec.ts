import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AudienceSourceKind, LeftOutReason } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { v7 as uuid } from 'uuid';
import { untilStatus } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { type AudienceWorld, type Condition, startAudienceWorld } from '../support/audience-world.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { addHolder } from '../support/role-holders.js';

/** Members of each side of a request. */
const MOST_LISTED = 10_000;

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterAll(() => w?.stop());

describe('are refused', () => {
  test('callers without permission to write campaigns, or to read members', async () => {
    const writer = await addHolder(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_WRITE]);
    const reader = await addHolder(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.MEMBERS_READ]);
    const campaignId = await w.newCampaign([w.ann.userId]);
    const include = { userIds: [w.bob.userId] };
    const is: Condition = { case: 'hasDevice', value: true };
    const condition = { is };
    const ruleId = await w.newRule(is);
    const refusals = await refusalsOf([
      w.audiences(writer).previewAudience({ include }),
      w.audiences(writer).resolveAudience({ campaignId, include }),
      w.audiences(writer).listLeftOut({ campaignId }),
      w.audiences(reader).previewAudience({ include }),
      w.audiences(reader).resolveAudience({ campaignId, include }),
      w.audiences(reader).createAudienceRule({ name: 'Mine', condition }),
      w.audiences(reader).updateAudienceRule({ ruleId, name: 'Mine' }),
      w.audiences(reader).deleteAudienceRule({ ruleId }),
      w.audiences(w.cast.erin).listAudienceRules({}),
      w.audiences(w.cast.erin).getAudienceRule({ ruleId }),
    ]);
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set([Code.PermissionDenied]));
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
  });

  test('campaigns, groups, teams and rules of another organization, like those that do not exist', async () => {
    const campaignId = await w.newCampaign([w.ann.userId]);
    const ruleId = await w.newRule({ case: 'hasDevice', value: true }, 'Acme has it');
    const mallory = w.audiences(w.cast.mallory);
    const refusals = await refusalsOf([
      mallory.resolveAudience({ campaignId }),
      mallory.listLeftOut({ campaignId }),
      mallory.getAudienceRule({ ruleId }),
      mallory.updateAudienceRule({ ruleId, name: 'Hers' }),
      mallory.deleteAudienceRule({ ruleId }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(Array(5).fill(Code.NotFound));
    const sources = {
      groupIds: [w.groupId],
      teamIds: [w.teamId],
      ruleIds: [ruleId],
      ruleNames: ['Acme has it'],
    };
    const unknown = { groupIds: [uuid()], teamIds: [uuid()], ruleIds: [uuid()], ruleNames: ['No such'] };
    for (const [who, given] of [
      [mallory, sources],
      [w.audiences(), unknown],
    ] as const) {
      const refusal = await refusalOf(who.previewAudience({ include: given, exclude: given }));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument });
      expect(refusal.fields).toEqual(
        ['include', 'exclude'].flatMap((side) =>
          ['group_ids[0]', 'team_ids[0]', 'rule_ids[0]', 'rule_names[0]'].map((field) => `${side}.${field}`),
        ),
      );
    }
    expect((await mallory.listAudienceRules({})).rules).toEqual([]);
  });

  test('a group that the caller may not see', async () => {
    const blind = await addHolder(w.s, w.cast.acme, [Permission.CAMPAIGNS_WRITE, Permission.MEMBERS_READ]);
    const refusal = await refusalOf(
      w.audiences(blind).previewAudience({ include: { groupIds: [w.groupId] } }),
    );
    expect(refusal.fields).toEqual(['include.group_ids[0]']);
  });

  test('campaigns that have been started, and keep their audience', async () => {
    const campaignId = await w.newCampaign([w.ann.userId]);
    await w.campaigns().startCampaign({ campaignId });
    const refusal = await refusalOf(
      w.audiences().resolveAudience({ campaignId, include: { groupIds: [w.groupId] } }),
    );
    expect(refusal.reason).toBe('CAMPAIGN_NOT_EDITABLE');
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
  });

  test('one member more than a list may name, on either side', async () => {
    const userIds = Array.from({ length: MOST_LISTED + 1 }, () => uuid());
    for (const field of ['include', 'exclude']) {
      const refusal = await refusalOf(w.audiences().previewAudience({ [field]: { userIds } }));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [`${field}.user_ids`] });
    }
  });

  test('page tokens of other sources', async () => {
    const include = { groupIds: [w.groupId] };
    const { nextPageToken } = await w.audiences().previewAudience({ include, pageSize: 1 });
    const exclude = { userIds: [w.ann.userId] };
    const refusals = await refusalsOf([
      w.audiences().previewAudience({ include, exclude, pageToken: nextPageToken }),
      w.audiences().previewAudience({ include, pageSize: -1 }),
    ]);
    expect(refusals.map(({ fields }) => fields)).toEqual([['page_token'], ['page_size']]);
  });
});

describe('a preview', () => {
  test('says who is reached, who is not and why, page by page, and stores nothing', async () => {
    const [restricted, invited] = await Promise.all([w.add('rita'), w.add('ivan')]);
    await w.cast.alice
      .client(PrivacyService)
      .restrictProcessing({ userId: restricted.userId, restricted: true });
    const stranger = w.cast.mallory.userId;
    const unknown = uuid();
    const { userId } = invited;
    const include = {
      userIds: [
        userId,
        userId,
        restricted.userId,
        w.carl.userId,
        stranger,
        unknown,
        w.ann.userId.toUpperCase(),
      ],
      groupIds: [w.groupId],
    };
    const exclude = { teamIds: [w.teamId] };
    const first = await w.audiences().previewAudience({ include, exclude, pageSize: 1 });
    expect(first.summary).toMatchObject({ size: 2, namedRepeatedly: 2 });
    expect(first.summary?.leftOut.map(({ reason, count }) => [reason, count])).toEqual([
      [LeftOutReason.UNKNOWN, 2],
      [LeftOutReason.EXCLUDED, 2],
      [LeftOutReason.RESTRICTED, 1],
      [LeftOutReason.NAMED_TWICE, 2],
    ]);
    const second = await w.audiences().previewAudience({
      ...{ include, exclude, pageSize: 1, pageToken: first.nextPageToken },
    });
    expect(second.nextPageToken).toBe('');
    const reached = [...first.people, ...second.people];
    expect(reached.map((person) => person.userId)).toEqual([w.ann.userId, invited.userId]);
    expect(reached[0]).toMatchObject({ email: w.ann.email, displayName: 'ann' });
    const { people } = await w.audiences().previewAudience({ include, exclude, leftOut: true });
    const reasons = new Map(people.map((person) => [person.userId, person.reason]));
    expect(reasons).toEqual(
      new Map([
        [stranger, LeftOutReason.UNKNOWN],
        [unknown, LeftOutReason.UNKNOWN],
        [w.bob.userId, LeftOutReason.EXCLUDED],
        [w.carl.userId, LeftOutReason.EXCLUDED],
        [restricted.userId, LeftOutReason.RESTRICTED],
        [w.ann.userId, LeftOutReason.NAMED_TWICE],
        [invited.userId, LeftOutReason.NAMED_TWICE],
      ]),
    );
    expect(people.find((person) => person.userId === stranger)).toMatchObject({ email: '', displayName: '' });
    expect(people.find((person) => person.userId === w.bob.userId)?.source).toMatchObject({
      ...{ kind: AudienceSourceKind.TEAM, id: w.teamId, name: 'Safety', excludes: true },
    });
    const all = await w.audiences().previewAudience({ include, includeRestricted: true });
    expect(all.summary?.leftOut.map(({ reason }) => reason)).not.toContain(LeftOutReason.RESTRICTED);
    expect(all.summary?.leftOut.map(({ reason }) => reason)).toContain(LeftOutReason.DEACTIVATED);
  });

  test('names an excluded member whom the organization does not have, as an exclusion without effect', async () => {
    const wrong = uuid();
    const { people } = await w.audiences().previewAudience({
      ...{ include: { groupIds: [w.groupId] }, exclude: { userIds: [wrong] }, leftOut: true },
    });
    expect(people).toMatchObject([
      { userId: wrong, reason: LeftOutReason.UNKNOWN, source: { excludes: true } },
    ]);
  });

  test('of nothing is empty', async () => {
    const { summary, people } = await w.audiences().previewAudience({});
    expect(summary).toMatchObject({ size: 0, leftOut: [] });
    expect(people).toEqual([]);
  });
});

describe('a resolved audience', () => {
  test('is taken from as many members, groups, teams and rules as a request may name', async () => {
    const strangers = (): string[] => Array.from({ length: MOST_LISTED - 1 }, () => uuid());
    const sides = {
      include: { userIds: [w.ann.userId, ...strangers()], groupIds: [w.groupId], teamIds: [w.teamId] },
      exclude: { userIds: [w.bob.userId, ...strangers()] },
    };
    const campaignId = await w.newCampaign();
    const [previewed, resolved] = [
      await w.audiences().previewAudience(sides),
      await w.audiences().resolveAudience({ campaignId, ...sides }),
    ];
    expect(previewed.summary).toEqual(resolved.summary);
    expect(resolved.summary?.size).toBe(1);
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
    const json = await fetch(`${w.s.url}/dovecote.campaign.v1.AudienceService/PreviewAudience`, {
      method: 'POST',
      headers: { ...w.cast.max.headers, 'content-type': 'application/json' },
      body: JSON.stringify(sides),
    });
    expect(json.status).toBe(200);
  });

  test('is frozen in the order of its sources, and says who was left out, also after the start', async () => {
    const campaignId = await w.newCampaign([w.cast.erin.userId]);
    const { campaign: before } = await w.campaigns().getCampaign({ campaignId });
    const { summary, audienceSnapshotRef } = await w.audiences().resolveAudience({
      campaignId,
      include: { userIds: [w.cast.max.userId], groupIds: [w.groupId], teamIds: [w.teamId] },
      exclude: { userIds: [w.ann.userId] },
    });
    expect(summary).toMatchObject({ size: 2, namedRepeatedly: 1 });
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.max.userId, w.bob.userId]);
    const { campaign } = await w.campaigns().getCampaign({ campaignId });
    expect(campaign).toMatchObject({
      ...{
        audienceSnapshotRef,
        audienceSnapshotSize: 2,
        currentAudienceSize: 2,
        audienceSnapshotStale: false,
      },
    });
    expect(audienceSnapshotRef).not.toBe(before?.audienceSnapshotRef);
    await w.campaigns().startCampaign({ campaignId });
    await untilStatus(w.cast.max, campaignId, CampaignStatus.COMPLETED);
    const { deliveries } = await w.campaigns().listDeliveries({ campaignId });
    expect(deliveries.map(({ userId }) => userId).sort()).toEqual([w.cast.max.userId, w.bob.userId].sort());
    expect(await w.leftOutOf(campaignId)).toEqual([
      [w.carl.userId, LeftOutReason.DEACTIVATED],
      [w.ann.userId, LeftOutReason.EXCLUDED],
    ]);
    const { people } = await w.audiences().listLeftOut({ campaignId, reason: LeftOutReason.DEACTIVATED });
    expect(people).toMatchObject([
      { userId: w.carl.userId, source: { kind: AudienceSourceKind.TEAM, name: 'Safety', excludes: false } },
    ]);
  });

  test('does not gain who joins the group later, until it is resolved again', async () => {
    const late = await w.add('late');
    const joining = await w.newGroup('Joining', [w.ann]);
    const campaignId = await w.newCampaign();
    const request = { campaignId, include: { groupIds: [joining] } };
    await w.audiences().resolveAudience(request);
    await w.cast.alice.client(GroupService).addGroupMembers({ groupId: joining, userIds: [late.userId] });
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
    expect((await w.audiences().resolveAudience(request)).summary?.size).toBe(2);
  });

  test('remembers restricted members: the campaign is stale once they may be reached again', async () => {
    const rita = await w.add('rita');
    const privacy = w.cast.alice.client(PrivacyService);
    await privacy.restrictProcessing({ userId: rita.userId, restricted: true });
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({ campaignId, include: { userIds: [rita.userId, w.ann.userId] } });
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
    await privacy.restrictProcessing({ userId: rita.userId, restricted: false });
    const { campaign } = await w.campaigns().getCampaign({ campaignId });
    expect(campaign).toMatchObject({ currentAudienceSize: 2, audienceSnapshotStale: true });
    const included = await w.newCampaign([], { includeRestricted: true });
    await privacy.restrictProcessing({ userId: rita.userId, restricted: true });
    await w.audiences().resolveAudience({ campaignId: included, include: { userIds: [rita.userId] } });
    expect(await w.audienceOf(included)).toEqual([rita.userId]);
  });

  test('says nothing about who was left out once the contract has replaced it', async () => {
    const ruleId = await w.newRule({ case: 'groupId', value: w.groupId });
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({ campaignId, include: { ruleIds: [ruleId], userIds: [uuid()] } });
    expect(await w.leftOutOf(campaignId)).toHaveLength(1);
    await w.campaigns().updateCampaign({
      campaignId,
      audienceReplacement: { members: [{ userId: w.ann.userId }] },
    });
    expect(await w.leftOutOf(campaignId)).toEqual([]);
    await w.audiences().deleteAudienceRule({ ruleId });
  });

  test('is listed page by page where many are left out', async () => {
    const unknown = Array.from({ length: 5 }, () => uuid());
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({ campaignId, include: { userIds: unknown } });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await w.audiences().listLeftOut({ campaignId, pageSize: 2, pageToken });
      expect(page.people.length).toBeLessThanOrEqual(2);
      seen.push(...page.people.map(({ userId }) => userId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen.sort()).toEqual(unknown.sort());
  });

  test('forgets a person who is erased', async () => {
    const gone = await w.add('gone');
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({
      ...{
        campaignId,
        include: { userIds: [gone.userId, w.ann.userId] },
        exclude: { userIds: [gone.userId] },
      },
    });
    const privacy = w.cast.alice.client(PrivacyService);
    const { requestId } = await privacy.deleteUserData({ userId: gone.userId, anonymize: false });
    await privacy.immediateDelete({ requestId, confirmationEmail: gone.email });
    await eventually('the person is erased', async () => {
      const { requests } = await privacy.listPrivacyRequests({ pageSize: 100 });
      return requests.find(({ id }) => id === requestId)?.status === PrivacyRequestStatus.COMPLETED;
    });
    const rows = await w.s.database.query('select from campaign_audience_omission where user_id = $1', [
      gone.userId,
    ]);
    expect(rows).toEqual([]);
    expect(await w.leftOutOf(campaignId)).toEqual([]);
  });

  test('leaves out who has left the organization', async () => {
    const leaver = await w.add('leaver');
    const leaving = await w.newGroup('Leaving', [leaver, w.ann]);
    await w.cast.alice.client(MemberService).deactivateUser({ userId: leaver.userId });
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({
      campaignId,
      include: { groupIds: [leaving], userIds: [leaver.userId] },
    });
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
    expect(await w.leftOutOf(campaignId)).toEqual([[leaver.userId, LeftOutReason.DEACTIVATED]]);
  });
});
