import type { RetentionQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { RetentionResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { bucketOf, bucketsOf } from './calendar.js';
import { isSelected } from './filter.js';
import { hasPerson, personIn } from './person.js';
import { propertyText } from './property.js';
import { topGroups } from './ranking.js';
import { eventsInScope } from './scope.js';
import { groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

interface Starter {
  readonly first: StoredEvent;
  readonly cohort: number;
  readonly returns: ReadonlySet<number>;
}

export function answerRetention(world: World, question: RetentionQuery): RetentionResult {
  const bucket = (event: StoredEvent) => bucketOf(event.occurTime, question.granularity, question.zone);
  const events = eventsInScope(world, question, [question.start, question.return]).filter((event) =>
    hasPerson(question, event),
  );
  const starters = [...groupBy(events, (event) => personIn(world, question, event)).values()].flatMap(
    (members): Starter[] => {
      const first = members.find((event) => isSelected(world, question, event, question.start));
      if (first === undefined) {
        return [];
      }
      const returns = members.filter(
        (event) => isSelected(world, question, event, question.return) && event.occurTime >= first.occurTime,
      );
      return [{ first, cohort: bucket(first), returns: new Set(returns.map(bucket)) }];
    },
  );
  const buckets = bucketsOf(question.window, question.granularity, question.zone);
  const groups = topGroups(
    starters,
    question.breakdown,
    (starter, property) => propertyText(world, question, starter.first, property),
    (members) => members.length,
  );
  return {
    type: 'retention',
    series: groups.map((group) => ({
      breakdown: group.breakdown,
      cohorts: buckets
        .map((cohort) => ({
          cohort,
          members: group.items.filter((starter) => starter.cohort === cohort),
        }))
        .filter(({ members }) => members.length > 0)
        .map(({ cohort, members }) => ({
          time: cohort,
          size: members.length,
          points: buckets
            .map((time) => ({
              time,
              value: members.filter((starter) => starter.returns.has(time)).length,
            }))
            .filter(({ value }) => value > 0),
        })),
    })),
  };
}
