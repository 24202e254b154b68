import type { Aggregation, Question } from '../../../src/modules/analytics/insight/insight-query.js';
import { hasPerson, personIn } from './person.js';
import { numberForAggregation } from './property.js';
import type { StoredEvent, World } from './world.js';

/** Where persons are counted, events without one do not take part: they make no bucket, no value, no row. */
export function takingPart(
  question: Question,
  aggregation: Aggregation,
  events: readonly StoredEvent[],
): StoredEvent[] {
  const countsPersons = aggregation.type === 'unique_users' || aggregation.type === 'per_user_average';
  return events.filter((event) => !countsPersons || hasPerson(question, event));
}

/** The aggregation over events that it counts. */
export function aggregate(
  world: World,
  question: Question,
  aggregation: Aggregation,
  events: readonly StoredEvent[],
): number {
  const persons = new Set(events.map((event) => personIn(world, question, event)));
  switch (aggregation.type) {
    case 'total':
      return events.length;
    case 'unique_users':
      return persons.size;
    case 'per_user_average':
      return persons.size === 0 ? 0 : events.length / persons.size;
    default: {
      const numbers = events
        .map((event) => numberForAggregation(world, question, event, aggregation.property))
        .filter((number) => number !== undefined);
      const sum = numbers.reduce((before, number) => before + number, 0);
      if (numbers.length === 0) {
        return 0;
      }
      switch (aggregation.type) {
        case 'sum':
          return sum;
        case 'average':
          return sum / numbers.length;
        case 'minimum':
          return Math.min(...numbers);
        case 'maximum':
          return Math.max(...numbers);
      }
    }
  }
}
