import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import type { CallShape } from '../load/shape.js';
import { shapeOf } from '../support/calls.js';
import type { Dovecote } from '../support/dovecote.js';
import { answerOf, transportTo } from '../support/seed.js';

/** The most members that CreateCampaign takes. */
const MOST_MEMBERS = 100_000;

/** ListCampaigns with its answer. */
export async function listing(server: Dovecote, pageSize: number): Promise<CallShape> {
  const { listCampaigns: method } = CampaignService.method;
  const call = { method, request: create(method.input, { pagination: { pageSize } }) };
  return shapeOf(call, await answerOf(transportTo(server), call), 'Connect JSON', credentialsOf(server));
}

/** CreateCampaign with the largest audience, which is refused because some of its members are unknown. */
export function uploading(server: Dovecote, members: readonly string[]): CallShape {
  const { createCampaign: method } = CampaignService.method;
  const unknown = Array.from({ length: MOST_MEMBERS - members.length }, () => randomUUID());
  const request = create(method.input, {
    name: 'Upload',
    templateId: randomUUID(),
    userIds: [...members, ...unknown],
    workflow: {
      steps: [
        {
          id: 'send',
          type: StepType.SEND_NOTIFICATION,
          config: { case: 'sendNotification', value: { type: 'push' } },
        },
      ],
    },
  });
  return shapeOf({ method, request }, create(method.output), 'Connect JSON', credentialsOf(server));
}

function credentialsOf({ apiKey }: Dovecote): { authorization: string } {
  return { authorization: `Bearer ${apiKey}` };
}
