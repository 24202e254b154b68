import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CampaignService,
  type CancelCampaignRequest,
  type CancelCampaignResponseSchema,
  type CreateCampaignRequest,
  type CreateCampaignResponseSchema,
  type GetCampaignArchetypeBreakdownRequest,
  type GetCampaignArchetypeBreakdownResponseSchema,
  type GetCampaignAudienceRequest,
  type GetCampaignAudienceResponseSchema,
  type GetCampaignByShortCodeRequest,
  type GetCampaignByShortCodeResponseSchema,
  type GetCampaignRequest,
  type GetCampaignResponseSchema,
  type ListCampaignsRequest,
  type ListCampaignsResponseSchema,
  type ListDeliveriesRequest,
  type ListDeliveriesResponseSchema,
  type ResolveOrCreateShortCodeRequest,
  type ResolveOrCreateShortCodeResponseSchema,
  type StartCampaignRequest,
  type StartCampaignResponseSchema,
  type UpdateCampaignRequest,
  type UpdateCampaignResponseSchema,
} from '@dovecote/contract/pidgr/v1/campaign_pb';
import { notFound } from '../../../platform/errors/index.js';
import { Paging } from '../../../platform/paging/paging.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  fromAudienceEntry,
  fromCampaign,
  fromDelivery,
  toCampaignChange,
  toNewCampaign,
  toStatusFilter,
} from './campaign.mapper.js';
import { Campaigns } from './campaign.service.js';
import { ShortCodes } from './short-code.service.js';

@Controller()
export class CampaignRpc {
  constructor(
    private readonly campaigns: Campaigns,
    private readonly shortCodes: ShortCodes,
    private readonly paging: Paging,
  ) {}

  @Rpc(CampaignService.method.createCampaign)
  async createCampaign(
    request: CreateCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateCampaignResponseSchema>> {
    // Archetypes and objectives belong to services that this release does not have: none exists to be named.
    if (request.originatingArchetype) throw notFound('archetype');
    if (request.objectiveIds.length > 0) throw notFound('objective');
    return { campaign: fromCampaign(await this.campaigns.create(scope, toNewCampaign(request))) };
  }

  @Rpc(CampaignService.method.startCampaign)
  async startCampaign(
    { campaignId }: StartCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StartCampaignResponseSchema>> {
    return { campaign: fromCampaign(await this.campaigns.start(scope, campaignId)) };
  }

  @Rpc(CampaignService.method.getCampaign)
  async getCampaign(
    { campaignId }: GetCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignResponseSchema>> {
    return { campaign: fromCampaign(await this.campaigns.get(scope, campaignId)) };
  }

  @Rpc(CampaignService.method.listCampaigns)
  async listCampaigns(
    request: ListCampaignsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListCampaignsResponseSchema>> {
    const binding = ['campaigns', scope.orgId];
    const page = this.paging.parse(request.pagination, binding);
    const { campaigns, total } = await this.campaigns.list(scope, page);
    const { items, pagination } = this.paging.pageOf(campaigns, page, total, binding);
    return { campaigns: items.map(fromCampaign), pagination };
  }

  @Rpc(CampaignService.method.updateCampaign)
  async updateCampaign(
    request: UpdateCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateCampaignResponseSchema>> {
    return { campaign: fromCampaign(await this.campaigns.update(scope, toCampaignChange(request))) };
  }

  @Rpc(CampaignService.method.getCampaignAudience)
  async getCampaignAudience(
    { campaignId }: GetCampaignAudienceRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignAudienceResponseSchema>> {
    return { entries: (await this.campaigns.audience(scope, campaignId)).map(fromAudienceEntry) };
  }

  @Rpc(CampaignService.method.cancelCampaign)
  async cancelCampaign(
    { campaignId }: CancelCampaignRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelCampaignResponseSchema>> {
    return { campaign: fromCampaign(await this.campaigns.cancel(scope, campaignId)) };
  }

  @Rpc(CampaignService.method.listDeliveries)
  async listDeliveries(
    { campaignId, statusFilter, ...request }: ListDeliveriesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListDeliveriesResponseSchema>> {
    const binding = ['deliveries', scope.orgId, campaignId.toLowerCase(), String(statusFilter)];
    const page = this.paging.parse(request.pagination, binding);
    const { deliveries, total } = await this.campaigns.listDeliveries(
      scope,
      campaignId,
      toStatusFilter(statusFilter),
      page,
    );
    const { items, pagination } = this.paging.pageOf(deliveries, page, total, binding);
    return { deliveries: items.map(fromDelivery), pagination };
  }

  @Rpc(CampaignService.method.getCampaignArchetypeBreakdown)
  getCampaignArchetypeBreakdown(
    { campaignId }: GetCampaignArchetypeBreakdownRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignArchetypeBreakdownResponseSchema>> {
    return this.campaigns.archetypeBreakdown(scope, campaignId);
  }

  @Rpc(CampaignService.method.resolveOrCreateShortCode)
  async resolveOrCreateShortCode(
    { campaignId }: ResolveOrCreateShortCodeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResolveOrCreateShortCodeResponseSchema>> {
    return { shortCode: await this.shortCodes.resolveOrCreate(scope, campaignId) };
  }

  @Rpc(CampaignService.method.getCampaignByShortCode)
  async getCampaignByShortCode(
    { shortCode }: GetCampaignByShortCodeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignByShortCodeResponseSchema>> {
    const { title, ...campaign } = await this.shortCodes.lookUp(scope, shortCode);
    return { ...campaign, subject: title };
  }
}
