import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import type {
  GetFilterSchemaRequest,
  GetFilterSchemaResponseSchema,
} from '@dovecote/contract/common/v1/filter_schema_pb';
import {
  type GetPropertyValuesRequest,
  type GetPropertyValuesResponseSchema,
  InsightsService,
  type QueryRequest,
  type QueryResponseSchema,
  type SegmentUsersRequest,
  type SegmentUsersResponseSchema,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toFilterSchema, toPropertyValuesInput } from './filter-schema.mapper.js';
import { Answers } from './answers.service.js';
import { toResponse } from './shared-answer.mapper.js';
import { toQuery, toSegmentUsersQuery } from './shared-question.mapper.js';

@Controller()
export class SharedInsightsRpc {
  constructor(private readonly answers: Answers) {}

  @Rpc(InsightsService.method.query)
  async query(request: QueryRequest, scope: Scope): Promise<MessageInitShape<typeof QueryResponseSchema>> {
    const query = toQuery(request, scope.project);
    return toResponse(query, await this.answers.evaluate(scope, query));
  }

  @Rpc(InsightsService.method.segmentUsers)
  async segmentUsers(
    request: SegmentUsersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SegmentUsersResponseSchema>> {
    const { ids, next } = await this.answers.segmentUsers(scope, toSegmentUsersQuery(request, scope.project));
    return { distinctIds: ids, nextPageToken: next };
  }

  @Rpc(InsightsService.method.getFilterSchema)
  async getFilterSchema(
    request: GetFilterSchemaRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetFilterSchemaResponseSchema>> {
    return toFilterSchema(request, await this.answers.filterSchema(scope, request.eventKind));
  }

  @Rpc(InsightsService.method.getPropertyValues)
  async getPropertyValues(
    request: GetPropertyValuesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetPropertyValuesResponseSchema>> {
    return { values: await this.answers.propertyValues(scope, toPropertyValuesInput(request)) };
  }
}
