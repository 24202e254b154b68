import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type ApproveCampaignRequest,
  type ApproveCampaignResponseSchema,
  CampaignApprovalService,
  type GetApprovalPolicyRequest,
  type GetApprovalPolicyResponseSchema,
  type ListCampaignApprovalsRequest,
  type ListCampaignApprovalsResponseSchema,
  type RejectCampaignRequest,
  type RejectCampaignResponseSchema,
  type RequestCampaignApprovalRequest,
  type RequestCampaignApprovalResponseSchema,
  type SetApprovalPolicyRequest,
  type SetApprovalPolicyResponseSchema,
} from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromApproval } from './approval.mapper.js';
import { CampaignApprovals } from './campaign-approvals.service.js';

@Controller()
export class ApprovalRpc {
  constructor(private readonly approvals: CampaignApprovals) {}

  @Rpc(CampaignApprovalService.method.setApprovalPolicy)
  async setApprovalPolicy(
    { required }: SetApprovalPolicyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetApprovalPolicyResponseSchema>> {
    await this.approvals.require(scope, required);
    return {};
  }

  @Rpc(CampaignApprovalService.method.getApprovalPolicy)
  async getApprovalPolicy(
    _request: GetApprovalPolicyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetApprovalPolicyResponseSchema>> {
    return { required: await this.approvals.isRequired(scope) };
  }

  @Rpc(CampaignApprovalService.method.requestCampaignApproval)
  async requestCampaignApproval(
    { campaignId, note }: RequestCampaignApprovalRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RequestCampaignApprovalResponseSchema>> {
    return { approval: fromApproval(await this.approvals.request(scope, campaignId, note)) };
  }

  @Rpc(CampaignApprovalService.method.approveCampaign)
  async approveCampaign(
    { campaignId, contentDigest, comment }: ApproveCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ApproveCampaignResponseSchema>> {
    const decision = { isApproved: true, digest: contentDigest, comment };
    return { approval: fromApproval(await this.approvals.decide(scope, campaignId, decision)) };
  }

  @Rpc(CampaignApprovalService.method.rejectCampaign)
  async rejectCampaign(
    { campaignId, contentDigest, comment }: RejectCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RejectCampaignResponseSchema>> {
    const decision = { isApproved: false, digest: contentDigest, comment };
    return { approval: fromApproval(await this.approvals.decide(scope, campaignId, decision)) };
  }

  @Rpc(CampaignApprovalService.method.listCampaignApprovals)
  async listCampaignApprovals(
    request: ListCampaignApprovalsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListCampaignApprovalsResponseSchema>> {
    const { items, nextPageToken } = await this.approvals.listWaiting(scope, request);
    return { approvals: items.map(fromApproval), nextPageToken };
  }
}
