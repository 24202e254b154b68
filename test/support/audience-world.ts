import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type AudienceConditionSchema,
  AudienceService,
  type LeftOutReason,
} from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { addPhone, createTemplate } from './campaigns.js';
import { type Actor, addMember, seedCast } from './cast.js';
import { startTestServer } from './test-server.js';

export type Condition = MessageInitShape<typeof AudienceConditionSchema>['is'];

export type AudienceWorld = Awaited<ReturnType<typeof startAudienceWorld>>;

const send = {
  id: 'send',
  type: StepType.SEND_NOTIFICATION,
  config: { case: 'sendNotification' as const, value: { type: 'push' } },
};

/**
 * People for audiences of Acme: Ann has a phone and is in the group; Bob is in the group and in the team; Carl is in the
 * team, and deactivated.
 */
export async function startAudienceWorld() {
  const s = await startTestServer();
  const cast = await seedCast(s);
  const templateId = await createTemplate(cast.max);
  const groups = cast.alice.client(GroupService);
  const teams = cast.alice.client(TeamService);
  const audiences = (actor: Actor = cast.max) => actor.client(AudienceService);
  const campaigns = () => cast.max.client(CampaignService);
  let added = 0;
  const add = (name: string): Promise<Actor> => {
    const email = `${name}-${(added += 1)}@acme.example`;
    return addMember(s, cast.acme, { email, role: 'employee', name });
  };
  const newGroup = async (name: string, people: readonly Actor[]): Promise<string> => {
    const { group } = await groups.createGroup({ name: `${name} ${(added += 1)}` });
    const groupId = group?.id ?? '';
    await groups.addGroupMembers({ groupId, userIds: people.map(({ userId }) => userId) });
    return groupId;
  };
  const [ann, bob, carl] = await Promise.all([add('ann'), add('bob'), add('carl')]);
  await addPhone(ann);
  const { team } = await teams.createTeam({ name: 'Safety' });
  const teamId = team?.id ?? '';
  await teams.addTeamMembers({ teamId, userIds: [bob.userId, carl.userId] });
  await cast.alice.client(MemberService).deactivateUser({ userId: carl.userId });
  return {
    ...{ s, cast, ann, bob, carl, teamId, audiences, campaigns, add, newGroup },
    groupId: await newGroup('Night shift', [ann, bob]),
    /** The id of a new rule. */
    async newRule(is: Condition, name = `Rule ${(added += 1)}`): Promise<string> {
      const { rule } = await audiences().createAudienceRule({ name, condition: { is } });
      return rule?.id ?? '';
    },
    /** The id of a campaign that waits to be started. */
    async newCampaign(userIds: readonly string[] = [], more: object = {}): Promise<string> {
      const { campaign } = await campaigns().createCampaign({
        ...{ name: 'Fire drill', templateId, userIds: [...userIds], workflow: { steps: [send] } },
        ...more,
      });
      return campaign?.id ?? '';
    },
    async audienceOf(campaignId: string): Promise<string[]> {
      const { entries } = await campaigns().getCampaignAudience({ campaignId });
      return entries.map(({ member }) => member?.userId ?? '');
    },
    async leftOutOf(campaignId: string): Promise<[string, LeftOutReason][]> {
      const { people } = await audiences().listLeftOut({ campaignId, pageSize: 100 });
      return people.map(({ userId, reason }) => [userId, reason]);
    },
    stop: () => s.stop(),
  };
}
