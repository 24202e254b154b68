import type { StickinessQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { StickinessResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { bucketOf, bucketsOf } from './calendar.js';
import { hasPerson, personIn } from './person.js';
import { eventsInScope } from './scope.js';
import { groupBy } from './text.js';
import type { World } from './world.js';

export function answerStickiness(world: World, question: StickinessQuery): StickinessResult {
  const events = eventsInScope(world, question, [question.event]).filter((event) =>
    hasPerson(question, event),
  );
  const activeBuckets = [...groupBy(events, (event) => personIn(world, question, event)).values()].map(
    (members) =>
      new Set(members.map((event) => bucketOf(event.occurTime, question.granularity, question.zone))).size,
  );
  const buckets = bucketsOf(question.window, question.granularity, question.zone);
  return {
    type: 'stickiness',
    persons: buckets.map((_, position) => activeBuckets.filter((count) => count === position + 1).length),
  };
}
