import type {
  Condition,
  EventSelector,
  FilterGroup,
  PropertyFilter,
  Question,
} from '../../../src/modules/analytics/insight/insight-query.js';
import { profileOf, traitNumber, traitText } from './person.js';
import { numberForFilter, propertyText } from './property.js';
import type { StoredEvent, World } from './world.js';

function holds(condition: Condition, text: string, number: number | undefined): boolean {
  switch (condition.operator) {
    case 'equals':
      return text === condition.value;
    case 'not_equals':
      return text !== condition.value;
    case 'contains':
      return text.includes(condition.value);
    case 'not_contains':
      return !text.includes(condition.value);
    case 'is_set':
      return text !== '';
    case 'is_not_set':
      return text === '';
    case 'in':
      return condition.values.includes(text);
    case 'not_in':
      return !condition.values.includes(text);
    case 'lt':
      return number !== undefined && number < condition.value;
    case 'lte':
      return number !== undefined && number <= condition.value;
    case 'gt':
      return number !== undefined && number > condition.value;
    case 'gte':
      return number !== undefined && number >= condition.value;
    case 'between':
      return number !== undefined && number >= condition.low && number <= condition.high;
    case 'not_between':
      return number !== undefined && (number < condition.low || number > condition.high);
  }
}

/** A condition on a profile needs a profile: a person without one meets none, not even `not_equals`. */
function passes(world: World, question: Question, event: StoredEvent, filter: PropertyFilter): boolean {
  if (filter.source === 'profile') {
    const profile = profileOf(world, event);
    return (
      profile !== undefined &&
      holds(filter, traitText(profile, filter.property), traitNumber(profile, filter.property, true))
    );
  }
  return holds(
    filter,
    propertyText(world, question, event, filter.property),
    numberForFilter(world, question, event, filter.property),
  );
}

function passesGroup(world: World, question: Question, event: StoredEvent, group: FilterGroup): boolean {
  const results = group.filters.map((filter) => passes(world, question, event, filter));
  return group.operator === 'and' ? results.every(Boolean) : results.some(Boolean);
}

/** Whether the event belongs to the question at all, whenever it occurred. */
export function isInQuestion(world: World, question: Question, event: StoredEvent): boolean {
  if (event.bot && !question.includeBots) {
    return false;
  }
  const { groups, operator } = question.filters;
  const results = groups.map((group) => passesGroup(world, question, event, group));
  return groups.length === 0 || (operator === 'and' ? results.every(Boolean) : results.some(Boolean));
}

export function isSelected(
  world: World,
  question: Question,
  event: StoredEvent,
  selector: EventSelector,
): boolean {
  return (
    (selector.kind === '' || selector.kind === event.kind) &&
    selector.filters.every((filter) => passes(world, question, event, filter))
  );
}
