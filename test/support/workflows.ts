import type { MessageInitShape } from '@bufbuild/protobuf';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  ActionType,
  type EscalateConfigSchema,
  EscalationCondition,
  type EscalationTargetSchema,
  EscalationTargetType,
  type SendReminderConfigSchema,
  StepType,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate } from './campaigns.js';
import type { Actor } from './cast.js';

type EscalateInit = Omit<MessageInitShape<typeof EscalateConfigSchema>, '$typeName'>;

/** Steps of workflows, as a client sends them. */

export const ask = (id: string, next: string) => ({
  id,
  type: StepType.SEND_NOTIFICATION,
  config: { case: 'sendNotification' as const, value: { type: 'push', actionType: ActionType.ACK } },
  transitions: { completed: next },
});

/** Asks for nothing. */
export const tell = {
  id: 'send',
  type: StepType.SEND_NOTIFICATION,
  config: { case: 'sendNotification' as const, value: { type: 'push' } },
};

export const wait = (id: string, next: string, delay = '72h') => ({
  id,
  type: StepType.DEADLINE_CHECK,
  config: { case: 'deadlineCheck' as const, value: { delay } },
  transitions: { completed: next },
});

export const mark = { id: 'mark', type: StepType.MARK_MISSED };

export const manager = { type: EscalationTargetType.MANAGER, targetId: '' };
export const user = (targetId: string) => ({ type: EscalationTargetType.USER, targetId });

export const remind = (
  id: string,
  next: string,
  notifyTargets: MessageInitShape<typeof EscalationTargetSchema>[] = [],
) => ({
  id,
  type: StepType.SEND_REMINDER,
  config: {
    case: 'sendReminder' as const,
    value: { type: 'push', notifyTargets } as MessageInitShape<typeof SendReminderConfigSchema>,
  },
  transitions: { completed: next },
});

export const escalate = (id: string, next: string, value: EscalateInit) => ({
  id,
  type: StepType.ESCALATE,
  config: {
    case: 'escalateConfig' as const,
    value: { condition: EscalationCondition.IF_NOT_ACKED, ...value },
  },
  transitions: { completed: next },
});

/** A started campaign. */
export async function startWorkflow(
  author: Pick<Actor, 'client'>,
  userIds: readonly string[],
  steps: object[],
  body?: string,
): Promise<string> {
  const campaigns = author.client(CampaignService);
  const { campaign } = await campaigns.createCampaign({
    name: 'Campaign',
    templateId: await createTemplate(author, body),
    userIds: [...userIds],
    workflow: { steps },
  });
  const campaignId = campaign?.id ?? '';
  await campaigns.startCampaign({ campaignId });
  return campaignId;
}
