import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryQuery, QUESTION_TYPES } from '../arbitrary/question.js';
import { arbitraryScene } from '../arbitrary/scene.js';
import { arbitraryWorld } from '../arbitrary/world.js';
import { naiveAnswer } from './answer.js';
import { AmbiguousRank } from './ranking.js';

/** What an answer holds, to tell whether the random questions ask for something. */
function size(answer: ReturnType<typeof naiveAnswer>): number {
  switch (answer.type) {
    case 'segmentation':
      return answer.total;
    case 'user_flow':
      return answer.links.length;
    case 'top_k':
    case 'map':
      return answer.rows.length;
    case 'lifecycle':
      return answer.buckets.filter((bucket) => bucket.new + bucket.returning > 0).length;
    case 'stickiness':
      return answer.persons.reduce((sum, count) => sum + count, 0);
    default:
      return answer.series.length;
  }
}

describe('random questions about random events', () => {
  test.each(QUESTION_TYPES)('have answers that are not empty: %s', (type) => {
    const arbitrary = arbitraryScene.chain((scene) =>
      fc.tuple(arbitraryWorld(scene), arbitraryQuery(type, scene)),
    );
    let answered = 0;
    for (const [world, question] of fc.sample(arbitrary, { numRuns: 200, seed: 15 })) {
      try {
        answered += size(naiveAnswer(world, question)) !== 0 ? 1 : 0;
      } catch (error) {
        if (!(error instanceof AmbiguousRank)) {
          throw error;
        }
      }
    }
    expect(answered).toBeGreaterThan(40);
  });
});
