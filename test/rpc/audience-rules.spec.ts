import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import type { Actor } from '../support/cast.js';
import { type AudienceWorld, type Condition, startAudienceWorld } from '../support/audience-world.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterAll(() => w?.stop());

async function setProfile({ userId }: Actor, profile: object): Promise<void> {
  await w.s.database.query('update member set profile = $2 where id = $1', [userId, JSON.stringify(profile)]);
}

/** The members to whom a rule applies. */
async function membersBy(condition: Condition): Promise<string[]> {
  const include = { ruleIds: [await w.newRule(condition)] };
  const { people } = await w.audiences().previewAudience({ include, pageSize: 100 });
  return people.map(({ userId }) => userId);
}

describe('are refused', () => {
  test('rules that are too deep, or name what the organization does not have', async () => {
    let deep: Condition = { case: 'hasDevice', value: true };
    for (let level = 0; level < 4; level += 1) deep = { case: 'all', value: { conditions: [{ is: deep }] } };
    expect((await refusalOf(w.newRule(deep))).fields).toEqual([`condition${'.all.conditions[0]'.repeat(4)}`]);
    const foreign = w.cast.other.roles.employee;
    const conditions: { is: Condition }[] = [
      { is: { case: 'roleId', value: foreign } },
      { is: { case: 'teamId', value: w.groupId } },
      { is: { case: 'attribute', value: { name: 'salary', values: ['1'] } } },
    ];
    expect((await refusalOf(w.newRule({ case: 'any', value: { conditions } }))).fields).toEqual([
      'condition.any.conditions[2].attribute.name',
    ]);
    const known: Condition = { case: 'any', value: { conditions: conditions.slice(0, 2) } };
    expect((await refusalOf(w.newRule(known))).fields).toEqual([
      'condition.any.conditions[0].role_id',
      'condition.any.conditions[1].team_id',
    ]);
  });

  test('a name that another rule has, in whatever case', async () => {
    await w.newRule({ case: 'hasDevice', value: true }, 'Phones');
    const other = await w.newRule({ case: 'hasDevice', value: true });
    const refusals = await refusalsOf([
      w.newRule({ case: 'hasDevice', value: false }, 'PHONES'),
      w.audiences().updateAudienceRule({ ruleId: other, name: 'phones' }),
    ]);
    expect(refusals.map(({ reason }) => reason)).toEqual(['AUDIENCE_RULE_EXISTS', 'AUDIENCE_RULE_EXISTS']);
  });
});

describe('a rule', () => {
  test('applies by role, team, group, attribute and device, joined by all and any', async () => {
    const dora = await w.add('dora');
    await setProfile(dora, { department: 'Safety "A"', customAttributes: { 'sh"ift': 'night' } });
    await setProfile(w.bob, { department: 'safety "a"' });
    const attribute = (name: string, ...values: string[]): Condition => ({
      case: 'attribute',
      value: { name, values },
    });
    const joined = (operator: 'all' | 'any', ...conditions: Condition[]): Condition => ({
      case: operator,
      value: { conditions: conditions.map((is) => ({ is })) },
    });
    const employee: Condition = { case: 'roleId', value: w.cast.acme.roles.employee.toUpperCase() };
    expect(await membersBy(attribute('department', 'x', 'Safety "A"'))).toEqual([dora.userId]);
    expect(await membersBy(attribute('custom:sh"ift', 'night'))).toEqual([dora.userId]);
    expect(await membersBy(attribute('custom:sh"ift', 'night" || true'))).toEqual([]);
    expect(await membersBy({ case: 'teamId', value: w.teamId })).toEqual([w.bob.userId]);
    const device = (value: boolean): Condition => ({ case: 'hasDevice', value });
    const inGroup: Condition = { case: 'groupId', value: w.groupId };
    expect(await membersBy(joined('all', inGroup, device(true)))).toEqual([w.ann.userId]);
    expect(await membersBy(joined('all', inGroup, employee, device(false)))).toEqual([w.bob.userId]);
    const either = joined('any', attribute('department', 'Safety "A"'), joined('all', inGroup, device(true)));
    expect((await membersBy(either)).sort()).toEqual([w.ann.userId, dora.userId].sort());
    const managers = await membersBy({ case: 'roleId', value: w.cast.acme.roles.manager });
    expect(managers).toEqual([w.cast.max.userId]);
  });

  test('applies in the default group to every member who is not deactivated, and to none of another organization', async () => {
    const { groups } = await w.cast.alice.client(GroupService).listGroups({ pagination: { pageSize: 100 } });
    const everybody = groups.find(({ isDefault }) => isDefault)?.id ?? '';
    const [byGroup, { summary }] = await Promise.all([
      membersBy({ case: 'groupId', value: everybody }),
      w.audiences().previewAudience({ include: { groupIds: [everybody] } }),
    ]);
    expect(byGroup).toEqual(expect.arrayContaining([w.ann.userId, w.cast.alice.userId]));
    expect(byGroup).not.toContain(w.carl.userId);
    expect(byGroup).not.toContain(w.cast.mallory.userId);
    expect(summary?.size).toBe(byGroup.length);
  });

  test('is listed, read, changed, and found by its name', async () => {
    const ruleId = await w.newRule({ case: 'hasDevice', value: true }, 'Reachable by push');
    const { rule } = await w.audiences().updateAudienceRule({ ruleId, name: 'No phone yet' });
    expect(rule?.condition?.is).toEqual({ case: 'hasDevice', value: true });
    await w.audiences().updateAudienceRule({
      ruleId,
      condition: { is: { case: 'hasDevice', value: false } },
    });
    expect((await w.audiences().getAudienceRule({ ruleId })).rule).toMatchObject({
      name: 'No phone yet',
      condition: { is: { case: 'hasDevice', value: false } },
    });
    const first = await w.audiences().listAudienceRules({ pageSize: 1 });
    expect(first.rules.map(({ id }) => id)).toEqual([ruleId]);
    const second = await w.audiences().listAudienceRules({ pageSize: 100, pageToken: first.nextPageToken });
    expect(second.rules.map(({ id }) => id)).not.toContain(ruleId);
    const { people } = await w.audiences().previewAudience({
      include: { ruleNames: ['no PHONE yet'] },
      pageSize: 100,
    });
    const found = people.map(({ userId }) => userId);
    expect(found).toContain(w.bob.userId);
    expect(found).not.toContain(w.ann.userId);
  });

  test('is not deleted while a campaign waits that was resolved with it', async () => {
    const ruleId = await w.newRule({ case: 'groupId', value: w.groupId });
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({ campaignId, exclude: { ruleIds: [ruleId] } });
    const refusal = await refusalOf(w.audiences().deleteAudienceRule({ ruleId }));
    expect(refusal.reason).toBe('AUDIENCE_RULE_IN_USE');
    expect(refusal.message).toContain(campaignId);
    await w.campaigns().startCampaign({ campaignId });
    await w.audiences().deleteAudienceRule({ ruleId });
    expect((await refusalOf(w.audiences().getAudienceRule({ ruleId }))).code).toBe(Code.NotFound);
  });

  test('a rule is deleted or used, and never both', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      const ruleId = await w.newRule({ case: 'groupId', value: w.groupId });
      const campaignId = await w.newCampaign();
      const [resolved, deleted] = await Promise.allSettled([
        w.audiences().resolveAudience({ campaignId, include: { ruleIds: [ruleId] } }),
        w.audiences().deleteAudienceRule({ ruleId }),
      ]);
      expect([resolved.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});
