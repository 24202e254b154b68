import type { EventSelector, FunnelQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type {
  FunnelResult,
  FunnelStep,
  StepTiming,
} from '../../../src/modules/analytics/insight/insight-result.js';
import { isSelected } from './filter.js';
import { hasPerson, personIn } from './person.js';
import { propertyText } from './property.js';
import { topGroups } from './ranking.js';
import { eventsInScope } from './scope.js';
import { groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

const SECOND = 1000;
const UPPER_BOUNDS = [30, 120, 300, 900, 3600, 21_600, 86_400].map((seconds) => seconds * SECOND);

interface Visitor {
  readonly first: StoredEvent;
  /** How many steps were done in the best attempt. */
  readonly level: number;
  /** Milliseconds from the step before, for each step of the timing walk but the first. */
  readonly gaps: readonly number[];
}

type Matches = (event: StoredEvent, step: EventSelector | undefined) => boolean;

/** From every event that is a first step, the next steps are looked for, each after the one before. */
function bestLevel(question: FunnelQuery, events: readonly StoredEvent[], matches: Matches): number {
  let best = 0;
  for (const [position, start] of events.entries()) {
    if (!matches(start, question.steps[0])) {
      continue;
    }
    let level = 1;
    for (const event of events.slice(position + 1)) {
      if (
        level < question.steps.length &&
        event.occurTime - start.occurTime <= question.conversionMs &&
        matches(event, question.steps[level])
      ) {
        level += 1;
      }
    }
    best = Math.max(best, level);
  }
  return best;
}

/** Every event counts as the first step that it matches; one walk, which never starts again. */
function timingWalk(question: FunnelQuery, events: readonly StoredEvent[], matches: Matches): number[] {
  const gaps: number[] = [];
  let start: StoredEvent | undefined;
  let previous: StoredEvent | undefined;
  for (const event of events) {
    const step = question.steps.findIndex((selector) => matches(event, selector));
    if (start === undefined || previous === undefined) {
      if (step === 0) {
        start = event;
        previous = event;
      }
    } else if (step === gaps.length + 1) {
      if (event.occurTime - start.occurTime > question.conversionMs) {
        break;
      }
      gaps.push(event.occurTime - previous.occurTime);
      previous = event;
    }
  }
  return gaps;
}

function timingOf(gaps: readonly number[]): StepTiming {
  const sorted = [...gaps].sort((left, right) => left - right);
  const at = (rank: number) => sorted[rank - 1] ?? 0;
  const count = sorted.length;
  const bucket = (gap: number) => UPPER_BOUNDS.filter((bound) => gap >= bound).length;
  return {
    average: count === 0 ? 0 : sorted.reduce((sum, gap) => sum + gap, 0) / count,
    median: count % 2 === 1 ? at((count + 1) / 2) : (at(count / 2) + at(count / 2 + 1)) / 2,
    p95: at(Math.ceil((95 * count) / 100)),
    distribution: Array.from(
      { length: 8 },
      (_, position) => sorted.filter((gap) => bucket(gap) === position).length,
    ),
  };
}

export function answerFunnel(world: World, question: FunnelQuery): FunnelResult {
  const matches: Matches = (event, step) => step !== undefined && isSelected(world, question, event, step);
  const events = eventsInScope(world, question, question.steps).filter((event) => hasPerson(question, event));
  const visitors = [...groupBy(events, (event) => personIn(world, question, event)).values()].flatMap(
    (members): Visitor[] => {
      const [first] = members;
      const level = bestLevel(question, members, matches);
      return first === undefined
        ? []
        : [{ first, level, gaps: level >= 2 ? timingWalk(question, members, matches) : [] }];
    },
  );
  const groups = topGroups(
    visitors,
    question.breakdown,
    (visitor, property) => propertyText(world, question, visitor.first, property),
    (members) => members.filter((visitor) => visitor.level >= 1).length,
  );
  return {
    type: 'funnel',
    series: groups.map((group) => ({
      breakdown: group.breakdown,
      steps: question.steps.map((_, step): FunnelStep => {
        const total = group.items.filter((visitor) => visitor.level > step).length;
        return step > 0 && question.timing && group.breakdown !== 'others'
          ? {
              total,
              timing: timingOf(
                group.items.map((visitor) => visitor.gaps[step - 1]).filter((gap) => gap !== undefined),
              ),
            }
          : { total };
      }),
    })),
  };
}
