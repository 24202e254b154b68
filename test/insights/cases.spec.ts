import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Insights } from '../../src/modules/analytics/insight/insights.service.js';
import { openStore } from '../support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';
import { filterCases } from './cases/filters.js';
import { funnelCases } from './cases/funnel.js';
import { funnelTimingCases } from './cases/funnel-timing.js';
import { lifecycleCases, stickinessCases } from './cases/lifecycle.js';
import { linesOf } from './cases/lines.js';
import { retentionCases } from './cases/retention.js';
import { segmentationCases } from './cases/segmentation.js';
import { sessionCases } from './cases/sessions.js';
import { mapCases, topKCases } from './cases/top-k.js';
import { trendsCases } from './cases/trends.js';
import { userFlowCases } from './cases/user-flow.js';
import type { Case } from './cases/write.js';
import { naiveAnswer } from './naive/answer.js';
import type { World } from './naive/world.js';
import { storedAnswer, storeWorlds } from './stored-worlds.js';

const groups: readonly [string, readonly Case[]][] = [
  ['filter', filterCases],
  ['trend', trendsCases],
  ['segmentation', segmentationCases],
  ['session metric', sessionCases],
  ['top K', topKCases],
  ['map', mapCases],
  ['funnel', [...funnelCases, ...funnelTimingCases]],
  ['retention', retentionCases],
  ['user flow', userFlowCases],
  ['lifecycle', lifecycleCases],
  ['stickiness', stickinessCases],
];
const cases = groups.flatMap(([, members]) => members);
const projectOf = new Map(cases.map((one, index) => [one, 2 * index + 1]));

let analytics: TestAnalytics;
let opened: ReturnType<typeof openStore>;
let insights: Insights;

/** The same ids at the same times, doing something else: what a neighbour's project may hold. */
function neighbourOf({ events, ...others }: World): World {
  return {
    ...others,
    events: events.map((event, index) => ({ ...event, kind: events.at(index - 1)?.kind ?? event.kind })),
  };
}

beforeAll(async () => {
  analytics = await createAnalytics();
  opened = openStore(analytics);
  insights = new Insights(opened.store);
  await storeWorlds(
    analytics,
    opened.store,
    new Map(
      [...projectOf].flatMap(([{ world }, project]): [number, World][] => [
        [project, world],
        [project + 1, neighbourOf(world)],
      ]),
    ),
  );
}, 120_000);

afterAll(async () => {
  await opened?.stop();
  await analytics?.drop();
});

describe.each(groups)('a %s', (_, members) => {
  test.each(members)('$name', async (one) => {
    const project = projectOf.get(one) ?? 0;
    const [own, neighbours] = await Promise.all([
      storedAnswer(insights, project, one.question),
      storedAnswer(insights, project + 1, one.question),
    ]);
    expect(linesOf(one.question, own)).toEqual(one.answer);
    const expected = naiveAnswer(neighbourOf(one.world), one.question);
    expect(linesOf(one.question, neighbours)).toEqual(linesOf(one.question, expected));
  });
});
