import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { Insights } from '../../src/modules/analytics/insight/insights.service.js';
import type { InsightQuery } from '../../src/modules/analytics/insight/insight-query.js';
import type { InsightResult } from '../../src/modules/analytics/insight/insight-result.js';
import { openStore } from '../support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';
import { arbitraryQuery, QUESTION_TYPES } from './arbitrary/question.js';
import { arbitraryScene } from './arbitrary/scene.js';
import { arbitraryWorld } from './arbitrary/world.js';
import { naiveAnswer } from './naive/answer.js';
import { AmbiguousRank } from './naive/ranking.js';
import type { World } from './naive/world.js';
import { isSameAnswer } from './same-answer.js';
import { storedAnswer, storeWorlds } from './stored-worlds.js';

// The same questions in every run, so that a failure belongs to the change that is tested. INSIGHT_RUNS=10000 asks for
// longer, INSIGHT_SEED=7 asks others.
const WORLDS = Number(process.env.INSIGHT_RUNS ?? 6);
const SEED = Number(process.env.INSIGHT_SEED ?? 20261130);
const QUESTIONS = 4;
/** Worlds that lie in the store at once, each in a project: they share all ids, and answer for themselves. */
const AT_ONCE = 50;

let analytics: TestAnalytics;
let opened: ReturnType<typeof openStore>;
let insights: Insights;
let projects = 0;

beforeAll(async () => {
  analytics = await createAnalytics();
  opened = openStore(analytics);
  insights = new Insights(opened.store);
}, 120_000);

afterAll(async () => {
  await opened?.stop();
  await analytics?.drop();
});

describe('random questions about random events', () => {
  test.each(QUESTION_TYPES)(
    `have the answers of the naive evaluator: %s (INSIGHT_SEED=${SEED})`,
    async (type) => {
      const arbitrary = arbitraryScene.chain((scene) =>
        fc.tuple(
          arbitraryWorld(scene),
          fc.array(arbitraryQuery(type, scene), { minLength: QUESTIONS, maxLength: QUESTIONS }),
        ),
      );
      const samples = fc.sample(arbitrary, { numRuns: WORLDS, seed: SEED });
      let compared = 0;
      for (let from = 0; from < samples.length; from += AT_ONCE) {
        compared += await holdAgainst(samples.slice(from, from + AT_ONCE));
      }
      expect(compared).toBeGreaterThan(0);
    },
    60_000 + WORLDS * 10_000,
  );
});

/** How many answers were compared. */
async function holdAgainst(samples: readonly [World, InsightQuery[]][]): Promise<number> {
  let compared = 0;
  const stored = new Map(samples.map(([world]) => [++projects, world]));
  await storeWorlds(analytics, opened.store, stored);
  const numbers = [...stored.keys()];
  for (const [index, [world, questions]] of samples.entries()) {
    await Promise.all(
      questions.map(async (question) => {
        const expected = expectedAnswer(world, question);
        if (!expected) {
          return;
        }
        const answer = await storedAnswer(insights, numbers[index] ?? 0, question);
        if (!isSameAnswer(answer, expected)) {
          await fail(world, question);
        }
        compared += 1;
      }),
    );
  }
  return compared;
}

/** Undefined: only rounding would decide the order of the answer. */
function expectedAnswer(world: World, question: InsightQuery): InsightResult | undefined {
  try {
    return naiveAnswer(world, question);
  } catch (error) {
    if (error instanceof AmbiguousRank) {
      return undefined;
    }
    throw error;
  }
}

/** Leaves out events as long as the answers differ, and shows what remains. */
async function fail(failing: World, question: InsightQuery): Promise<never> {
  let world = failing;
  let answer: InsightResult | undefined;
  for (const event of failing.events) {
    const smaller = { ...world, events: world.events.filter((other) => other !== event) };
    const project = ++projects;
    await storeWorlds(analytics, opened.store, new Map([[project, smaller]]));
    const other = await storedAnswer(insights, project, question);
    const expected = expectedAnswer(smaller, question);
    if (expected && !isSameAnswer(other, expected)) {
      world = smaller;
      answer = other;
    }
  }
  const parts = { question, world, expected: expectedAnswer(world, question), answer };
  throw new Error(`INSIGHT_SEED=${SEED}\n${inspect(parts, { depth: 12 })}`);
}
