import { randomUUID } from 'node:crypto';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, CampaignStatus, Platform, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { type Actor, addMember, type TestOrganization } from './cast.js';
import { eventually } from './eventually.js';
import type { TestServer } from './test-server.js';

const send = {
  id: 'send',
  type: StepType.SEND_NOTIFICATION,
  config: {
    case: 'sendNotification' as const,
    value: { type: 'push', actionLabel: 'Got it', actionType: ActionType.ACK },
  },
  transitions: { completed: 'wait' },
};

const wait = {
  id: 'wait',
  type: StepType.DEADLINE_CHECK,
  config: { case: 'deadlineCheck' as const, value: { delay: '72h' } },
  transitions: { completed: 'missed', all_acted: 'end' },
};

/** Send, wait three days, mark as missed. */
export const workflow = { steps: [send, wait, { id: 'missed', type: StepType.MARK_MISSED }] };

export const THREE_DAYS_MS = 72 * 3600 * 1000;

/** A member with a phone. */
export async function addRecipient(
  server: TestServer,
  organization: TestOrganization,
  name: string,
): Promise<Actor> {
  const email = `${name}-${randomUUID().slice(0, 8)}@acme.example`;
  const actor = await addMember(server, organization, { email, role: 'employee', name });
  await addPhone(actor);
  return actor;
}

export async function addPhone(owner: Actor): Promise<string> {
  const deviceId = randomUUID();
  const pushToken = `token-${deviceId}`;
  await owner.client(DeviceService).register({ deviceId, platform: Platform.IOS, pushToken });
  return deviceId;
}

export async function createTemplate(
  author: Pick<Actor, 'client'>,
  body = 'Hello {{name}}.',
): Promise<string> {
  const { template } = await author
    .client(TemplateService)
    .createTemplate({ name: 'Template', title: 'Title', body, variables: [{ name: 'name', source: 1 }] });
  return template?.id ?? '';
}

/** A campaign that waits to be started. */
export async function createCampaign(author: Actor, userIds: readonly string[]): Promise<string> {
  const { campaign } = await author.client(CampaignService).createCampaign({
    name: 'Campaign',
    templateId: await createTemplate(author),
    userIds: [...userIds],
    workflow,
  });
  return campaign?.id ?? '';
}

/** A campaign that has reached everybody and waits for its deadline. */
export async function runningCampaign(author: Actor, userIds: readonly string[]): Promise<string> {
  const campaignId = await createCampaign(author, userIds);
  await author.client(CampaignService).startCampaign({ campaignId });
  await untilStep(author, campaignId, 'wait');
  return campaignId;
}

export async function untilStep(reader: Actor, campaignId: string, stepId: string): Promise<void> {
  await eventually(`the campaign is at step ${stepId}`, async () => {
    const { campaign } = await reader.client(CampaignService).getCampaign({ campaignId });
    return campaign?.workflowProgress?.currentStepId === stepId;
  });
}

export async function untilStatus(reader: Actor, campaignId: string, status: CampaignStatus) {
  return eventually(`the campaign is ${CampaignStatus[status]}`, async () => {
    const { campaign } = await reader.client(CampaignService).getCampaign({ campaignId });
    return campaign?.status === status && campaign;
  });
}
