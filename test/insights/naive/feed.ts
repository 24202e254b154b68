import type { Feed } from '../../../src/modules/analytics/activity/activity.js';
import type { Question } from '../../../src/modules/analytics/insight/insight-query.js';
import { history, isInWindow } from './scope.js';
import { isSelected } from './filter.js';
import { canonicalPerson } from './person.js';
import type { StoredEvent, World } from './world.js';

/** All events of a feed, newest first. */
export function naiveFeed(world: World, feed: Feed): StoredEvent[] {
  const question = questionOf(feed);
  return history(world, question)
    .filter((event) => feed.person === undefined || isOf(world, feed.person, event))
    .filter((event) => feed.sessionId === '' || event.sessionId === feed.sessionId)
    .filter((event) => feed.window === undefined || isInWindow(question, event))
    .filter(
      (event) =>
        feed.selectors.length === 0 ||
        feed.selectors.some((selector) => isSelected(world, question, event, selector)),
    )
    .reverse();
}

function isOf(world: World, { ids, profileId }: NonNullable<Feed['person']>, event: StoredEvent): boolean {
  return (
    ids.includes(event.distinctId) || (profileId !== undefined && canonicalPerson(world, event) === profileId)
  );
}

function questionOf({ filters, fallBackToTraits, window }: Feed): Question {
  return {
    window: window ?? { from: -Infinity, to: Infinity },
    zone: 'UTC',
    filters: { operator: 'and', groups: filters.length === 0 ? [] : [{ operator: 'and', filters }] },
    mergeIdentities: false,
    includeBots: false,
    includeCookieless: true,
    reading: { numericStringsCount: true, fallBackToTraits },
  };
}
