import { describe, expect, test } from '@jest/globals';
import { filterCases } from '../cases/filters.js';
import { funnelCases } from '../cases/funnel.js';
import { funnelTimingCases } from '../cases/funnel-timing.js';
import { lifecycleCases, stickinessCases } from '../cases/lifecycle.js';
import { linesOf } from '../cases/lines.js';
import { retentionCases } from '../cases/retention.js';
import { segmentationCases } from '../cases/segmentation.js';
import { sessionCases } from '../cases/sessions.js';
import { mapCases, topKCases } from '../cases/top-k.js';
import { trendsCases } from '../cases/trends.js';
import { userFlowCases } from '../cases/user-flow.js';
import { naiveAnswer } from './answer.js';

describe.each([
  ['filter', filterCases],
  ['trends', trendsCases],
  ['segmentation', segmentationCases],
  ['sessions', sessionCases],
  ['top K', topKCases],
  ['map', mapCases],
  ['funnel', [...funnelCases, ...funnelTimingCases]],
  ['retention', retentionCases],
  ['user flow', userFlowCases],
  ['lifecycle', lifecycleCases],
  ['stickiness', stickinessCases],
])('the naive %s', (_, cases) => {
  test.each(cases)('$name', ({ world, question, answer }) => {
    expect(linesOf(question, naiveAnswer(world, question))).toEqual(answer);
  });
});
