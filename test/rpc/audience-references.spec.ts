import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { untilStatus } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { type AudienceWorld, type Condition, startAudienceWorld } from '../support/audience-world.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterAll(() => w?.stop());

const groups = () => w.cast.alice.client(GroupService);
const teams = () => w.cast.alice.client(TeamService);
const roles = () => w.cast.alice.client(RoleService);

const all = (...conditions: Condition[]): Condition => ({
  case: 'all',
  value: { conditions: conditions.map((is) => ({ is })) },
});

async function newTeam(): Promise<string> {
  return (await teams().createTeam({ name: `Team ${uuid()}` })).team?.id ?? '';
}

async function newRole(): Promise<string> {
  const { role } = await roles().createRole({ name: `Role ${uuid()}`, permissions: [Permission.INBOX_READ] });
  return role?.id ?? '';
}

async function namesOf(namesId: string): Promise<string[]> {
  const { rules } = await w.audiences().listAudienceRules({ namesId });
  return rules.map(({ id }) => id);
}

/** A rule as releases before foreign keys left it when what it names was deleted. */
async function breakRule(ruleId: string, condition: object): Promise<void> {
  await w.s.database.query('update audience_rule set condition = $2 where id = $1', [
    ruleId,
    JSON.stringify(condition),
  ]);
}

describe('what a rule names', () => {
  test('is not deleted: a group, a team and a role, however deep in the rule', async () => {
    const [groupId, teamId, roleId] = [await w.newGroup('Named', [w.ann]), await newTeam(), await newRole()];
    const ruleId = await w.newRule(
      all({ case: 'groupId', value: groupId }, all({ case: 'teamId', value: teamId.toUpperCase() }), {
        case: 'any',
        value: { conditions: [{ is: { case: 'roleId', value: roleId } }] },
      }),
    );
    const deletions = () => [
      groups().deleteGroup({ groupId }),
      teams().deleteTeam({ teamId }),
      roles().deleteRole({ roleId }),
    ];
    for (const refusal of await refusalsOf(deletions())) {
      expect(refusal).toMatchObject({
        code: Code.FailedPrecondition,
        reason: 'NAMED_BY_AUDIENCE_RULE',
      });
    }
    expect((await groups().getGroup({ groupId })).group?.memberCount).toBe(1);
    for (const id of [groupId, teamId, roleId]) expect(await namesOf(id)).toEqual([ruleId]);
    const hers = await w.audiences(w.cast.mallory).listAudienceRules({ namesId: groupId });
    expect(hers.rules).toEqual([]);

    await w.audiences().updateAudienceRule({ ruleId, name: `Renamed ${uuid()}` });
    expect(await namesOf(groupId)).toEqual([ruleId]);
    await w.audiences().updateAudienceRule({ ruleId, condition: { is: { case: 'hasDevice', value: true } } });
    for (const id of [groupId, teamId, roleId]) expect(await namesOf(id)).toEqual([]);
    await Promise.all(deletions());
  });

  test('is deleted once the rule is', async () => {
    const groupId = await w.newGroup('Named', [w.ann]);
    const ruleId = await w.newRule({ case: 'groupId', value: groupId });
    expect((await refusalOf(groups().deleteGroup({ groupId }))).reason).toBe('NAMED_BY_AUDIENCE_RULE');
    await w.audiences().deleteAudienceRule({ ruleId });
    await groups().deleteGroup({ groupId });
  });

  test('and is deleted at the same time: the one or the other', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const groupId = await w.newGroup('Contested', [w.ann]);
      const [saved, deleted] = await Promise.allSettled([
        w.newRule({ case: 'groupId', value: groupId }),
        groups().deleteGroup({ groupId }),
      ]);
      expect([saved.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
      const include = { ruleIds: saved.status === 'fulfilled' ? [saved.value] : [] };
      const { summary } = await w.audiences().previewAudience({ include });
      expect(summary?.size).toBe(include.ruleIds.length);
    }
  });
});

describe('a rule that names what was deleted under an earlier release', () => {
  test('is refused on either side, by preview and audience, with its name and the place in it', async () => {
    const name = `On leave ${uuid()}`;
    const ruleId = await w.newRule({ case: 'groupId', value: w.groupId }, name);
    const sound = await w.newRule({ case: 'groupId', value: w.groupId });
    await breakRule(ruleId, { all: [{ hasDevice: true }, { any: [{ group: uuid() }, { team: uuid() }] }] });
    const campaignId = await w.newCampaign([w.cast.erin.userId]);
    const byId = { groupIds: [w.groupId], ruleIds: [sound, ruleId] };
    const byName = { groupIds: [w.groupId], ruleNames: [name.toUpperCase()] };
    const refusals = await refusalsOf([
      w.audiences().previewAudience({ include: { groupIds: [w.groupId] }, exclude: byId }),
      w.audiences().resolveAudience({ campaignId, include: { groupIds: [w.groupId] }, exclude: byId }),
      w.audiences().previewAudience({ include: byName }),
      w.audiences().resolveAudience({ campaignId, include: byName }),
    ]);
    const fields = ['exclude.rule_ids[1]', 'include.rule_names[0]'].flatMap((field) => [
      [field, field],
      [field, field],
    ]);
    expect(refusals.map((refusal) => refusal.fields)).toEqual(fields);
    for (const { code, message } of refusals) {
      expect(code).toBe(Code.InvalidArgument);
      expect(message).toContain(`"${name}" names a group that was deleted: condition.all.conditions[1].any`);
      expect(message).toContain('condition.all.conditions[1].any.conditions[1].team_id');
    }
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);

    await w.audiences().updateAudienceRule({
      ruleId,
      condition: { is: { case: 'groupId', value: w.groupId } },
    });
    const { summary } = await w.audiences().previewAudience({
      include: { groupIds: [w.groupId] },
      exclude: byId,
    });
    expect(summary?.size).toBe(0);
  });
});

describe('an audience that excludes by a group', () => {
  /** Holds what resolves an audience of the campaign back until it is released: its sources are found by then. */
  async function holdCampaign(campaignId: string): Promise<() => Promise<void>> {
    const holder = new Client({ connectionString: w.s.database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from campaign where id = $1 for update', [campaignId]);
    return () => holder.end();
  }

  async function waiting(text: string): Promise<void> {
    await eventually(`${text} waits`, async () => {
      const rows = await w.s.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            and query like $1`,
        [`%${text}%`],
      );
      return rows.length > 0;
    });
  }

  test.each(['group', 'team'] as const)(
    'leaves out its members although the %s is deleted before they are written',
    async (kind) => {
      const groupId = kind === 'group' ? await w.newGroup('Leaving', [w.bob]) : '';
      const teamId = kind === 'team' ? await newTeam() : '';
      if (teamId) await teams().addTeamMembers({ teamId, userIds: [w.bob.userId] });
      const exclude = kind === 'group' ? { groupIds: [groupId] } : { teamIds: [teamId] };
      const campaignId = await w.newCampaign();
      const release = await holdCampaign(campaignId);
      const resolved = w
        .audiences()
        .resolveAudience({ campaignId, include: { groupIds: [w.groupId] }, exclude });
      await waiting('from campaign');
      const deleted = groupId ? groups().deleteGroup({ groupId }) : teams().deleteTeam({ teamId });
      await Promise.race([deleted, waiting('delete from roster')]);
      await release();
      await Promise.all([resolved, deleted]);
      expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
    },
  );

  test('is sent without its members, also when rule and group no longer name them at the start', async () => {
    const groupId = await w.newGroup('Leaving', [w.bob]);
    const ruleId = await w.newRule({ case: 'groupId', value: groupId });
    const campaignId = await w.newCampaign();
    await w.audiences().resolveAudience({
      ...{ campaignId, include: { groupIds: [w.groupId] }, exclude: { ruleIds: [ruleId] } },
    });
    await w
      .audiences()
      .updateAudienceRule({ ruleId, condition: { is: { case: 'hasDevice', value: false } } });
    await groups().deleteGroup({ groupId });
    await w.campaigns().startCampaign({ campaignId });
    await untilStatus(w.cast.max, campaignId, CampaignStatus.COMPLETED);
    const { deliveries } = await w.campaigns().listDeliveries({ campaignId });
    expect(deliveries.map(({ userId }) => userId)).toEqual([w.ann.userId]);
  });
});
