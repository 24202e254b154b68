import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CampaignSteeringService,
  type CancelScheduledStartRequest,
  type CancelScheduledStartResponseSchema,
  type DuplicateCampaignRequest,
  type DuplicateCampaignResponseSchema,
  type GetCampaignSteeringRequest,
  type GetCampaignSteeringResponseSchema,
  type ListScheduledStartsRequest,
  type ListScheduledStartsResponseSchema,
  type PauseCampaignRequest,
  type PauseCampaignResponseSchema,
  type ResumeCampaignRequest,
  type ResumeCampaignResponseSchema,
  type ScheduleCampaignStartRequest,
  type ScheduleCampaignStartResponseSchema,
  type SetAutomaticPauseRequest,
  type SetAutomaticPauseResponseSchema,
} from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { CampaignDuplicates, CampaignPauses } from '../campaign/index.js';
import { fromApproval } from './approval.mapper.js';
import { CampaignApprovals } from './campaign-approvals.service.js';
import { ScheduledStarts } from './scheduled-starts.service.js';
import { fromPause, fromScheduledStart } from './steering.mapper.js';

@Controller()
export class SteeringRpc {
  constructor(
    private readonly starts: ScheduledStarts,
    private readonly pauses: CampaignPauses,
    private readonly duplicates: CampaignDuplicates,
    private readonly approvals: CampaignApprovals,
  ) {}

  @Rpc(CampaignSteeringService.method.scheduleCampaignStart)
  async scheduleCampaignStart(
    { campaignId, wallTime, zone }: ScheduleCampaignStartRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ScheduleCampaignStartResponseSchema>> {
    const start = await this.starts.schedule(scope, campaignId, { wallTime, zone });
    return { scheduledStart: fromScheduledStart(start) };
  }

  @Rpc(CampaignSteeringService.method.cancelScheduledStart)
  async cancelScheduledStart(
    { campaignId }: CancelScheduledStartRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelScheduledStartResponseSchema>> {
    return { scheduledStart: fromScheduledStart(await this.starts.cancel(scope, campaignId)) };
  }

  @Rpc(CampaignSteeringService.method.listScheduledStarts)
  async listScheduledStarts(
    { waitingOnly, ...request }: ListScheduledStartsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListScheduledStartsResponseSchema>> {
    const { items, nextPageToken } = await this.starts.list(scope, waitingOnly, request);
    return { scheduledStarts: items.map(fromScheduledStart), nextPageToken };
  }

  @Rpc(CampaignSteeringService.method.pauseCampaign)
  async pauseCampaign(
    { campaignId, reason }: PauseCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof PauseCampaignResponseSchema>> {
    return { pause: fromPause(await this.pauses.pause(scope, campaignId, reason)) };
  }

  @Rpc(CampaignSteeringService.method.resumeCampaign)
  async resumeCampaign(
    { campaignId }: ResumeCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResumeCampaignResponseSchema>> {
    await this.pauses.resume(scope, campaignId);
    return {};
  }

  @Rpc(CampaignSteeringService.method.setAutomaticPause)
  async setAutomaticPause(
    { campaignId, failedPercent }: SetAutomaticPauseRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetAutomaticPauseResponseSchema>> {
    await this.pauses.setShare(scope, campaignId, failedPercent);
    return {};
  }

  @Rpc(CampaignSteeringService.method.duplicateCampaign)
  async duplicateCampaign(
    { campaignId, name }: DuplicateCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DuplicateCampaignResponseSchema>> {
    const { id, audienceSize, left } = await this.duplicates.create(scope, campaignId, name);
    return { campaignId: id, audienceSize, leftUserIds: [...left.userIds], leftCount: left.total };
  }

  @Rpc(CampaignSteeringService.method.getCampaignSteering)
  async getCampaignSteering(
    { campaignId }: GetCampaignSteeringRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignSteeringResponseSchema>> {
    const start = await this.starts.find(scope, campaignId);
    const pause = await this.pauses.find(scope, campaignId);
    const { approval, digest } = await this.approvals.find(scope, campaignId);
    return {
      scheduledStart: start && fromScheduledStart(start),
      pause: pause && fromPause(pause),
      failedPercent: await this.pauses.getShare(scope, campaignId),
      approval: approval && fromApproval(approval),
      approvalRequired: await this.approvals.isRequired(scope),
      contentDigest: digest,
    };
  }
}
