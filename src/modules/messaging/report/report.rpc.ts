import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CampaignReportService,
  type GetCampaignStatisticsRequest,
  type GetCampaignStatisticsResponseSchema,
  type GetDeliveryTimelineRequest,
  type GetDeliveryTimelineResponseSchema,
} from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromStatistics, fromTimeline } from './report.mapper.js';
import { CampaignStatistics } from './statistics.service.js';
import { Timelines } from './timeline.service.js';

@Controller()
export class ReportRpc {
  constructor(
    private readonly statistics: CampaignStatistics,
    private readonly timelines: Timelines,
  ) {}

  @Rpc(CampaignReportService.method.getCampaignStatistics)
  async getCampaignStatistics(
    { campaignId }: GetCampaignStatisticsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignStatisticsResponseSchema>> {
    return fromStatistics(await this.statistics.get(scope, campaignId));
  }

  @Rpc(CampaignReportService.method.getDeliveryTimeline)
  async getDeliveryTimeline(
    { deliveryId }: GetDeliveryTimelineRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetDeliveryTimelineResponseSchema>> {
    return fromTimeline(await this.timelines.get(scope, deliveryId));
  }
}
