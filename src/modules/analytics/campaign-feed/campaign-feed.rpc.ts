import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CampaignFeedService,
  type GetCampaignFeedRequest,
  type GetCampaignFeedResponseSchema,
  type SetCampaignFeedRequest,
  type SetCampaignFeedResponseSchema,
} from '@dovecote/contract/dovecote/campaign/v1/feed_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toCampaignFeed } from './campaign-feed.mapper.js';
import { CampaignFeeds } from './campaign-feeds.service.js';

@Controller()
export class CampaignFeedRpc {
  constructor(private readonly feeds: CampaignFeeds) {}

  @Rpc(CampaignFeedService.method.setCampaignFeed)
  async setCampaignFeed(
    { enabled, projectId }: SetCampaignFeedRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetCampaignFeedResponseSchema>> {
    return { feed: toCampaignFeed(await this.feeds.set(scope, enabled ? projectId : undefined)) };
  }

  @Rpc(CampaignFeedService.method.getCampaignFeed)
  async getCampaignFeed(
    _request: GetCampaignFeedRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetCampaignFeedResponseSchema>> {
    return { feed: toCampaignFeed(await this.feeds.get(scope)) };
  }
}
