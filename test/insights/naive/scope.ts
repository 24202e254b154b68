import type { EventSelector, Question } from '../../../src/modules/analytics/insight/insight-query.js';
import { isInQuestion, isSelected } from './filter.js';
import { compareText } from './text.js';
import type { StoredEvent, World } from './world.js';
import { distinctEvents } from './world.js';

/** Time first, then event id; the kind only where two events share even that. */
function compareEvents(left: StoredEvent, right: StoredEvent): number {
  return (
    left.occurTime - right.occurTime ||
    compareText(left.eventId, right.eventId) ||
    compareText(left.kind, right.kind)
  );
}

/** All events of the question, in their order, over all of history. */
export function history(world: World, question: Question): StoredEvent[] {
  return distinctEvents(world.events)
    .filter((event) => isInQuestion(world, question, event))
    .sort(compareEvents);
}

export function isInWindow(question: Question, event: StoredEvent): boolean {
  return event.occurTime >= question.window.from && event.occurTime < question.window.to;
}

/** The events of the question's window that any of the selectors selects, in their order. */
export function eventsInScope(
  world: World,
  question: Question,
  selectors: readonly EventSelector[],
): StoredEvent[] {
  return history(world, question).filter(
    (event) =>
      isInWindow(question, event) &&
      selectors.some((selector) => isSelected(world, question, event, selector)),
  );
}
