import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type CompareRequest,
  type CompareResponseSchema,
  InsightsService,
  type LifecycleRequest,
  type LifecycleResponseSchema,
  type StickinessRequest,
  type StickinessResponseSchema,
} from '@dovecote/contract/dovecote/insights/v1/insights_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toComparedQueries, toLifecycle, toPersonsQuestion, toStickiness } from './comparison.mapper.js';
import { withEveryBucket } from './comparison.js';
import type { InsightQuery } from './insight-query.js';
import { Answers } from './answers.service.js';
import { toResponse } from './shared-answer.mapper.js';

@Controller()
export class ComparisonRpc {
  constructor(private readonly answers: Answers) {}

  @Rpc(InsightsService.method.compare)
  async compare(
    request: CompareRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CompareResponseSchema>> {
    const queries = toComparedQueries(request, scope.project);
    const answer = async (query: InsightQuery) =>
      toResponse(query, withEveryBucket(query, await this.answers.evaluate(scope, query)));
    const [current, previous] = await Promise.all([answer(queries.current), answer(queries.previous)]);
    const { from, to } = queries.previous.window;
    return { current, previous, previousRange: { from: timestampFromMs(from), to: timestampFromMs(to) } };
  }

  @Rpc(InsightsService.method.lifecycle)
  async lifecycle(
    { query }: LifecycleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof LifecycleResponseSchema>> {
    const question = toPersonsQuestion(query, scope.project);
    return toLifecycle(await this.answers.evaluate(scope, { ...question, type: 'lifecycle' }));
  }

  @Rpc(InsightsService.method.stickiness)
  async stickiness(
    { query }: StickinessRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StickinessResponseSchema>> {
    const question = toPersonsQuestion(query, scope.project);
    return toStickiness(await this.answers.evaluate(scope, { ...question, type: 'stickiness' }));
  }
}
