import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import type {
  GetFilterSchemaRequest,
  GetFilterSchemaResponseSchema,
} from '@dovecote/contract/common/v1/filter_schema_pb';
import {
  ActivityService,
  type GetActivityFeedRequest,
  type GetActivityFeedResponseSchema,
  type GetActivityHeatmapRequest,
  type GetActivityHeatmapResponseSchema,
  type GetEventExplorerRequest,
  type GetEventExplorerResponseSchema,
  type GetProfileStatsRequest,
  type GetProfileStatsResponseSchema,
  type GetPropertyValuesRequest,
  type GetPropertyValuesResponseSchema,
} from '@dovecote/contract/shared/activity/v1/activity_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Answers, toFilterSchema, toPropertyValuesInput } from '../insight/index.js';
import { Activities } from './activities.service.js';
import { toDays, toFeedRequest, toPage, toProfileStats, toRange } from './shared-activity.mapper.js';

@Controller()
export class SharedActivityRpc {
  constructor(
    private readonly activities: Activities,
    private readonly answers: Answers,
  ) {}

  @Rpc(ActivityService.method.getActivityFeed)
  async getActivityFeed(
    request: GetActivityFeedRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetActivityFeedResponseSchema>> {
    const person = await this.activities.personOf(scope, request.distinctId);
    const feed = toFeedRequest(request, person);
    const asked = ['feed', request.distinctId, feed.sessionId, feed.selectors, feed.filters];
    return toPage(await this.activities.page(scope, feed, asked));
  }

  @Rpc(ActivityService.method.getEventExplorer)
  async getEventExplorer(
    request: GetEventExplorerRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetEventExplorerResponseSchema>> {
    const person = request.distinctId === '' ? undefined : { ids: [request.distinctId] };
    const feed = toFeedRequest(request, person);
    const asked = ['explorer', request.distinctId, feed.sessionId, feed.selectors, feed.filters];
    return toPage(await this.activities.page(scope, feed, asked));
  }

  @Rpc(ActivityService.method.getFilterSchema)
  async getFilterSchema(
    request: GetFilterSchemaRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetFilterSchemaResponseSchema>> {
    return toFilterSchema(request, await this.answers.filterSchema(scope, request.eventKind));
  }

  @Rpc(ActivityService.method.getPropertyValues)
  async getPropertyValues(
    request: GetPropertyValuesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetPropertyValuesResponseSchema>> {
    return { values: await this.answers.propertyValues(scope, toPropertyValuesInput(request)) };
  }

  @Rpc(ActivityService.method.getActivityHeatmap)
  async getActivityHeatmap(
    { distinctId, timeRange }: GetActivityHeatmapRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetActivityHeatmapResponseSchema>> {
    const person = await this.activities.personOf(scope, distinctId);
    return { days: toDays(await this.activities.days(scope, person, toRange(timeRange))) };
  }

  @Rpc(ActivityService.method.getProfileStats)
  async getProfileStats(
    { distinctId }: GetProfileStatsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetProfileStatsResponseSchema>> {
    const person = await this.activities.personOf(scope, distinctId);
    return toProfileStats(await this.activities.summary(scope, person));
  }
}
