import type { Question } from '../../../src/modules/analytics/insight/insight-query.js';
import { profileOf, traitNumber, traitText } from './person.js';
import { spelledNumber } from './text.js';
import type { StoredEvent, World } from './world.js';
import { textOf } from './world.js';

function ownText(event: StoredEvent, name: string): string {
  const value = event.properties.get(name);
  return value === undefined ? '' : textOf(value);
}

export function propertyText(world: World, question: Question, event: StoredEvent, name: string): string {
  const own = ownText(event, name);
  return own === '' && question.reading.fallBackToTraits ? traitText(profileOf(world, event), name) : own;
}

/** Filters read every text that spells a number as that number. */
export function numberForFilter(
  world: World,
  question: Question,
  event: StoredEvent,
  name: string,
): number | undefined {
  return readNumber(world, question, event, name, true);
}

export function numberForAggregation(
  world: World,
  question: Question,
  event: StoredEvent,
  name: string,
): number | undefined {
  return readNumber(world, question, event, name, question.reading.numericStringsCount);
}

function readNumber(
  world: World,
  question: Question,
  event: StoredEvent,
  name: string,
  numericStrings: boolean,
): number | undefined {
  if (ownText(event, name) === '') {
    if (!question.reading.fallBackToTraits) return undefined;
    return traitNumber(profileOf(world, event), name, numericStrings);
  }
  const value = event.properties.get(name);
  switch (value?.type) {
    case 'integer':
    case 'double':
      return Number(value.value);
    case 'string':
      return numericStrings ? spelledNumber(value.value) : undefined;
    default:
      return undefined;
  }
}
