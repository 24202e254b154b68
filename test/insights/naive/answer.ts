import type { InsightQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { InsightResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { answerFunnel } from './funnel.js';
import { answerLifecycle } from './lifecycle.js';
import { answerRetention } from './retention.js';
import { answerSegmentation } from './segmentation.js';
import { answerSessions } from './sessions.js';
import { answerStickiness } from './stickiness.js';
import { answerMap, answerTopK } from './top-k.js';
import { answerTrends } from './trends.js';
import { answerUserFlow } from './user-flow.js';
import type { World } from './world.js';

/**
 * The answer, computed over arrays from the meaning of each question. It shares no code with the product's evaluator:
 * where the two differ, one of them is wrong. Slow, and plain on purpose.
 */
export function naiveAnswer(world: World, question: InsightQuery): InsightResult {
  switch (question.type) {
    case 'trends':
      return answerTrends(world, question);
    case 'segmentation':
      return answerSegmentation(world, question);
    case 'sessions':
      return answerSessions(world, question);
    case 'funnel':
      return answerFunnel(world, question);
    case 'retention':
      return answerRetention(world, question);
    case 'user_flow':
      return answerUserFlow(world, question);
    case 'top_k':
      return answerTopK(world, question);
    case 'map':
      return answerMap(world, question);
    case 'lifecycle':
      return answerLifecycle(world, question);
    case 'stickiness':
      return answerStickiness(world, question);
  }
}
