import type { LifecycleQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { LifecycleResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { bucketOf, bucketsOf, nextBucket } from './calendar.js';
import { isSelected } from './filter.js';
import { hasPerson, personIn } from './person.js';
import { history, isInWindow } from './scope.js';
import { groupBy } from './text.js';
import type { World } from './world.js';

interface Life {
  readonly firstBucket: number;
  /** Buckets with any event before the window's end, of all of history. */
  readonly lived: ReadonlySet<number>;
  /** Buckets with an event inside the window. */
  readonly active: ReadonlySet<number>;
}

/**
 * A person is active in a bucket by an event inside the window. What came before, and so whether they are new, returning
 * or resurrecting, is read from whole buckets, also where the window begins inside one. Dormant in a bucket is who lived
 * in the whole one before and not at all in this.
 */
export function answerLifecycle(world: World, question: LifecycleQuery): LifecycleResult {
  const { granularity, zone, window } = question;
  const events = history(world, question).filter(
    (event) =>
      event.occurTime < window.to &&
      hasPerson(question, event) &&
      isSelected(world, question, event, question.event),
  );
  const lives = [...groupBy(events, (event) => personIn(world, question, event)).values()].map(
    (members): Life => {
      const lived = members.map((event) => bucketOf(event.occurTime, granularity, zone));
      return {
        firstBucket: Math.min(...lived),
        lived: new Set(lived),
        active: new Set(
          members
            .filter((event) => isInWindow(question, event))
            .map((event) => bucketOf(event.occurTime, granularity, zone)),
        ),
      };
    },
  );
  const buckets = bucketsOf(window, granularity, zone);
  return {
    type: 'lifecycle',
    buckets: buckets.map((time) => {
      const before = bucketOf(time - 1, granularity, zone);
      if (nextBucket(before, granularity, zone) !== time) {
        throw new Error('Buckets follow each other.');
      }
      const active = lives.filter((life) => life.active.has(time));
      const older = active.filter((life) => life.firstBucket !== time);
      const dormant = lives.filter((life) => life.lived.has(before) && !life.lived.has(time));
      return {
        time,
        new: active.length - older.length,
        returning: older.filter((life) => life.lived.has(before)).length,
        resurrecting: older.filter((life) => !life.lived.has(before)).length,
        dormant: dormant.length === 0 ? 0 : -dormant.length,
      };
    }),
  };
}
