import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { v7 as uuid } from 'uuid';
import { Transaction } from '../../src/platform/database/index.js';
import { untilStatus } from '../support/campaigns.js';
import { type AudienceWorld, startAudienceWorld } from '../support/audience-world.js';
import { refusalOf } from '../support/refusal.js';

const MANY = 50_000;

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterAll(() => w?.stop());

describe('at once', () => {
  test('two audiences of one campaign take turns, and one of them stands whole', async () => {
    const campaignId = await w.newCampaign();
    const [byGroup, byUser] = [{ groupIds: [w.groupId] }, { userIds: [w.cast.max.userId, uuid()] }];
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.all([
        w.audiences().resolveAudience({ campaignId, include: byGroup }),
        w.audiences().resolveAudience({ campaignId, include: byUser }),
        w.audiences().resolveAudience({ campaignId, include: byGroup }),
      ]);
      const [audience, leftOut, { campaign }] = await Promise.all([
        w.audienceOf(campaignId),
        w.leftOutOf(campaignId),
        w.campaigns().getCampaign({ campaignId }),
      ]);
      expect(campaign?.audienceSnapshotSize).toBe(audience.length);
      if (audience.length === 1) {
        expect(audience).toEqual([w.cast.max.userId]);
        expect(leftOut).toHaveLength(1);
      } else {
        expect(audience.sort()).toEqual([w.ann.userId, w.bob.userId].sort());
        expect(leftOut).toEqual([]);
      }
    }
  });

  test('an audience and the start of the campaign: it reaches the audience that it has', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const campaignId = await w.newCampaign([w.cast.erin.userId]);
      const [, resolved] = await Promise.allSettled([
        w.campaigns().startCampaign({ campaignId }),
        w.audiences().resolveAudience({ campaignId, include: { groupIds: [w.groupId] } }),
      ]);
      await untilStatus(w.cast.max, campaignId, CampaignStatus.COMPLETED);
      const { deliveries } = await w.campaigns().listDeliveries({ campaignId });
      const reached = deliveries.map(({ userId }) => userId).sort();
      expect(reached).toEqual((await w.audienceOf(campaignId)).sort());
      const expected =
        resolved.status === 'fulfilled' ? [w.ann.userId, w.bob.userId].sort() : [w.cast.erin.userId];
      expect(reached).toEqual(expected);
    }
  });

  test('members leave while audiences are resolved: each is either in or left out', async () => {
    const leavers = await Promise.all(Array.from({ length: 6 }, (_, index) => w.add(`leaver-${index}`)));
    const leaving = await w.newGroup('All leave', leavers);
    const ids = await Promise.all(leavers.map(() => w.newCampaign()));
    await Promise.all([
      ...ids.map((campaignId) =>
        w.audiences().resolveAudience({ campaignId, include: { groupIds: [leaving] } }),
      ),
      ...leavers.map(({ userId }) => w.cast.alice.client(MemberService).deactivateUser({ userId })),
    ]);
    for (const campaignId of ids) {
      const [audience, leftOut] = await Promise.all([w.audienceOf(campaignId), w.leftOutOf(campaignId)]);
      const { campaign } = await w.campaigns().getCampaign({ campaignId });
      expect(campaign?.audienceSnapshotSize).toBe(audience.length);
      const named = [...audience, ...leftOut.map(([userId]) => userId)];
      for (const userId of named) expect(leavers.map((leaver) => leaver.userId)).toContain(userId);
      expect(new Set(named).size).toBe(named.length);
    }
  });
});

test('fifty thousand members are resolved with the statements that one takes, and a hundred thousand and one are refused', async () => {
  await addThousands(MANY);
  const { groups } = await w.cast.alice.client(GroupService).listGroups({ pagination: { pageSize: 100 } });
  const everybody = groups.find(({ isDefault }) => isDefault)?.id ?? '';
  const ruleId = await w.newRule({ case: 'attribute', value: { name: 'department', values: ['Thousands'] } });
  const phones = await w.newRule({ case: 'hasDevice', value: true });
  const campaignId = await w.newCampaign();
  const request = { campaignId, include: { ruleIds: [ruleId] }, exclude: { ruleIds: [phones] } };
  const few = await statementsOf(() =>
    w.audiences().resolveAudience({
      campaignId,
      include: { ruleIds: [phones] },
      exclude: { ruleIds: [ruleId] },
    }),
  );
  expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
  const many = await statementsOf(() => w.audiences().resolveAudience(request));
  expect(many).toEqual(few);
  const { campaign } = await w.campaigns().getCampaign({ campaignId });
  expect(campaign?.audienceSnapshotSize).toBe(MANY);
  const { summary } = await w.audiences().previewAudience({ include: { groupIds: [everybody] } });
  expect(summary?.size).toBeGreaterThan(MANY);

  await addThousands(MANY);
  const refusal = await refusalOf(
    w.audiences().resolveAudience({ campaignId, include: { groupIds: [everybody] } }),
  );
  expect(refusal.reason).toBe('AUDIENCE_TOO_LARGE');
  const { campaign: kept } = await w.campaigns().getCampaign({ campaignId });
  expect(kept?.audienceSnapshotSize).toBe(MANY);
});

async function addThousands(count: number): Promise<void> {
  await w.s.database.query(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'one-of-' || gen_random_uuid() || '@acme.example' from generate_series(1, $3::int)
       returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id, profile)
     select $1, gen_random_uuid(), id, email, 'One of many', 2, $2, '{"department": "Thousands"}' from person`,
    [w.cast.acme.id, w.cast.acme.roles.employee, count],
  );
}

/** The statements that the call sends, without those of jobs. */
async function statementsOf(act: () => Promise<unknown>): Promise<string[]> {
  const spy = jest.spyOn(Transaction.prototype, 'execute');
  try {
    await act();
    const names = spy.mock.calls.map(([{ name }]) => name);
    return names.filter((name) => /^(?:audience|campaign|omission|resolution|roster)/.test(name));
  } finally {
    spy.mockRestore();
  }
}
