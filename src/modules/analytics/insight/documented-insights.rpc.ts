import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  InsightsService,
  type QueryRequest,
  type QueryResponseSchema,
} from '@dovecote/contract/insights/v1/insights_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toFunnel, toRetention, toSegmentation, toTrends } from './documented-answer.mapper.js';
import { toDocumentedQuery } from './documented-question.mapper.js';
import { violationsOf } from './documented-violations.mapper.js';
import { Answers } from './answers.service.js';

@Controller()
export class DocumentedInsightsRpc {
  constructor(private readonly answers: Answers) {}

  @Rpc(InsightsService.method.query)
  async query(
    { query: spec }: QueryRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof QueryResponseSchema>> {
    if (!spec) throw invalidArgument([{ field: 'query', description: 'is required' }]);
    const violations = violationsOf(spec);
    if (violations.length > 0) throw invalidArgument(violations);
    const { type, query } = toDocumentedQuery(spec, scope.project);
    switch (type) {
      case 'trends':
        return toTrends(query, await this.answers.evaluate(scope, query));
      case 'segmentation':
        return toSegmentation(query, await this.answers.evaluate(scope, query));
      case 'retention':
        return toRetention(query, await this.answers.evaluate(scope, query));
      case 'funnel': {
        const [everyone, groups] = await Promise.all([
          this.answers.evaluate(scope, { ...query, breakdown: undefined }),
          query.breakdown ? this.answers.evaluate(scope, query) : undefined,
        ]);
        return toFunnel(query, everyone, groups);
      }
    }
  }
}
