import type { TrendsQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { Point, TrendsResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { aggregate, takingPart } from './aggregation.js';
import { bucketOf } from './calendar.js';
import { propertyText } from './property.js';
import { topGroups } from './ranking.js';
import { eventsInScope } from './scope.js';
import { compareText, groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

export function answerTrends(world: World, question: TrendsQuery): TrendsResult {
  const series = question.events.flatMap((selector, event) => {
    const value = (events: readonly StoredEvent[]) =>
      aggregate(world, question, selector.aggregation, events);
    const points = (events: readonly StoredEvent[]): Point[] =>
      [...groupBy(events, (one) => String(bucketOf(one.occurTime, question.granularity, question.zone)))]
        .map(([time, members]) => ({ time: Number(time), value: value(members) }))
        .sort((left, right) => left.time - right.time);
    const rank = (events: readonly StoredEvent[]) =>
      question.rankBy === 'window'
        ? value(events)
        : points(events).reduce((sum, point) => sum + point.value, 0);

    const events = takingPart(question, selector.aggregation, eventsInScope(world, question, [selector]));
    return [...groupBy(events, (one) => one.kind)]
      .sort(([left], [right]) => compareText(left, right))
      .flatMap(([kind, members]) =>
        topGroups(
          members,
          question.breakdown,
          (one, property) => propertyText(world, question, one, property),
          rank,
        ).map((group) => ({
          event,
          kind,
          breakdown: group.breakdown,
          points: points(group.items),
          total: value(group.items),
        })),
      );
  });
  return { type: 'trends', series };
}
