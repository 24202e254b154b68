import { describe, expect, test } from '@jest/globals';
import { funnelCases } from '../cases/funnel.js';
import { funnelTimingCases } from '../cases/funnel-timing.js';
import { lifecycleCases, stickinessCases } from '../cases/lifecycle.js';
import { linesOf } from '../cases/lines.js';
import { retentionCases } from '../cases/retention.js';
import { userFlowCases } from '../cases/user-flow.js';
import { naiveAnswer } from './answer.js';

describe.each([
  ['funnel', [...funnelCases, ...funnelTimingCases]],
  ['retention', retentionCases],
  ['user flow', userFlowCases],
  ['lifecycle', lifecycleCases],
  ['stickiness', stickinessCases],
])('the naive %s', (_, cases) => {
  test.each(cases)('$name', ({ world, question, answer }) => {
    expect(linesOf(naiveAnswer(world, question))).toEqual(answer);
  });
});
