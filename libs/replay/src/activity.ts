import { eventType, type ReplayEvent, source } from './event.js';

/** What a person did in a recording. Totals of chunks add up to those of the session. */
export interface ActivityTotals {
  /** Clicks and touches. */
  presses: number;
  /** Changes of fields. */
  inputs: number;
  scrolls: number;
  /** Reports of a moving pointer; rrweb makes at most two a second. */
  moves: number;
}

export const NO_ACTIVITY: ActivityTotals = { presses: 0, inputs: 0, scrolls: 0, moves: 0 };

/** How much one of each counts: a press is one. */
const weights: ActivityTotals = { presses: 1, inputs: 1, scrolls: 0.2, moves: 0.1 };
/** Presses in a minute at which the score passes 0.63. */
const BUSY_PER_MINUTE = 20;
/** A shorter recording counts as one that lasts so long: one press in its first second is not a busy session. */
const SHORTEST_MS = 10_000;
/** rrweb's numbers of a click and of the begin of a touch, which a click need not follow. */
const CLICK = 2;
const TOUCH_START = 7;

export function activityOf(events: readonly ReplayEvent[]): ActivityTotals {
  const totals = { ...NO_ACTIVITY };
  for (const event of events) {
    if (event.type !== eventType.incremental) continue;
    const counted = activityIn(event.data);
    if (counted) totals[counted]++;
  }
  return totals;
}

type Data = Extract<ReplayEvent, { type: 3 }>['data'];

/** What a page does by itself is no activity. */
function activityIn(data: Data): keyof ActivityTotals | undefined {
  switch (data.source) {
    case source.mouseInteraction:
      return data.type === CLICK || data.type === TOUCH_START ? 'presses' : undefined;
    case source.input:
      return 'inputs';
    case source.scroll:
      return 'scrolls';
    case source.mouseMove:
    case source.touchMove:
    case source.drag:
      return 'moves';
    default:
      return undefined;
  }
}

export function addActivity(a: ActivityTotals, b: ActivityTotals): ActivityTotals {
  return {
    presses: a.presses + b.presses,
    inputs: a.inputs + b.inputs,
    scrolls: a.scrolls + b.scrolls,
    moves: a.moves + b.moves,
  };
}

/**
 * 0 to 1: `1 - e^(-r / 20)`, where r is what was done in a minute, a press or a change of a field counting 1, a scroll
 * 0.2, a movement 0.1.
 */
export function activityScore(totals: ActivityTotals, durationMs: number): number {
  const done =
    totals.presses * weights.presses +
    totals.inputs * weights.inputs +
    totals.scrolls * weights.scrolls +
    totals.moves * weights.moves;
  const perMinute = done / (Math.max(durationMs, SHORTEST_MS) / 60_000);
  return 1 - Math.exp(-perMinute / BUSY_PER_MINUTE);
}
