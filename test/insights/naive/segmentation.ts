import type { SegmentationQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { NumberResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { aggregate, takingPart } from './aggregation.js';
import { eventsInScope } from './scope.js';
import type { World } from './world.js';

export function answerSegmentation(world: World, question: SegmentationQuery): NumberResult {
  const events = takingPart(question, question.aggregation, eventsInScope(world, question, question.events));
  return { type: 'segmentation', total: aggregate(world, question, question.aggregation, events) };
}
