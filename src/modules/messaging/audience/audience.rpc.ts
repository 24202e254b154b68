import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  AudienceConditionSchema,
  AudienceService,
  type CreateAudienceRuleRequest,
  type CreateAudienceRuleResponseSchema,
  type DeleteAudienceRuleRequest,
  type DeleteAudienceRuleResponseSchema,
  type GetAudienceRuleRequest,
  type GetAudienceRuleResponseSchema,
  type ListAudienceRulesRequest,
  type ListAudienceRulesResponseSchema,
  type ListLeftOutRequest,
  type ListLeftOutResponseSchema,
  type PreviewAudienceRequest,
  type PreviewAudienceResponseSchema,
  type ResolveAudienceRequest,
  type ResolveAudienceResponseSchema,
  type UpdateAudienceRuleRequest,
  type UpdateAudienceRuleResponseSchema,
  type UploadAudienceRequest,
  type UploadAudienceResponseSchema,
} from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromPerson, fromRule, fromSummary, toAudience, toCondition, toReason } from './audience.mapper.js';
import { AudienceRules } from './audience-rules.service.js';
import { Audiences } from './audiences.service.js';

@Controller()
export class AudienceRpc {
  constructor(
    private readonly rules: AudienceRules,
    private readonly audiences: Audiences,
  ) {}

  @Rpc(AudienceService.method.createAudienceRule)
  async createAudienceRule(
    { name, condition }: CreateAudienceRuleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateAudienceRuleResponseSchema>> {
    // Its presence is a rule of the contract.
    const given = { name, condition: toCondition(condition ?? create(AudienceConditionSchema)) };
    return { rule: fromRule(await this.rules.create(scope, given)) };
  }

  @Rpc(AudienceService.method.listAudienceRules)
  async listAudienceRules(
    { namesId, ...request }: ListAudienceRulesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListAudienceRulesResponseSchema>> {
    const named = namesId === '' ? undefined : namesId.toLowerCase();
    const { items, nextPageToken } = await this.rules.list(scope, named, request);
    return { rules: items.map(fromRule), nextPageToken };
  }

  @Rpc(AudienceService.method.getAudienceRule)
  async getAudienceRule(
    { ruleId }: GetAudienceRuleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetAudienceRuleResponseSchema>> {
    return { rule: fromRule(await this.rules.get(scope, ruleId)) };
  }

  @Rpc(AudienceService.method.updateAudienceRule)
  async updateAudienceRule(
    { ruleId, name, condition }: UpdateAudienceRuleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateAudienceRuleResponseSchema>> {
    const change = { id: ruleId, name, condition: condition && toCondition(condition) };
    return { rule: fromRule(await this.rules.update(scope, change)) };
  }

  @Rpc(AudienceService.method.deleteAudienceRule)
  async deleteAudienceRule(
    { ruleId }: DeleteAudienceRuleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteAudienceRuleResponseSchema>> {
    await this.rules.delete(scope, ruleId);
    return {};
  }

  @Rpc(AudienceService.method.previewAudience)
  async previewAudience(
    request: PreviewAudienceRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof PreviewAudienceResponseSchema>> {
    const { summary, people, nextPageToken } = await this.audiences.preview(
      scope,
      toAudience(request),
      request,
      request,
    );
    return { summary: fromSummary(summary), people: people.map(fromPerson), nextPageToken };
  }

  @Rpc(AudienceService.method.resolveAudience)
  async resolveAudience(
    request: ResolveAudienceRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResolveAudienceResponseSchema>> {
    const given = toAudience(request);
    const { summary, snapshotRef } = await this.audiences.resolve(scope, request.campaignId, given);
    return { summary: fromSummary(summary), audienceSnapshotRef: snapshotRef };
  }

  @Rpc(AudienceService.method.uploadAudience)
  async uploadAudience(
    { campaignId, file, leaveOutUnknown }: UploadAudienceRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UploadAudienceResponseSchema>> {
    const { summary, snapshotRef } = await this.audiences.upload(scope, campaignId, file, leaveOutUnknown);
    return { summary: fromSummary(summary), audienceSnapshotRef: snapshotRef };
  }

  @Rpc(AudienceService.method.listLeftOut)
  async listLeftOut(
    { campaignId, reason, ...request }: ListLeftOutRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListLeftOutResponseSchema>> {
    const { people, nextPageToken } = await this.audiences.listLeftOut(
      scope,
      campaignId,
      toReason(reason),
      request,
    );
    return { people: people.map(fromPerson), nextPageToken };
  }
}
