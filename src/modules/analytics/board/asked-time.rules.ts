import { invalidArgument } from '../../../platform/errors/index.js';
import {
  type Granularity,
  invalidQuery,
  previousWindow,
  violationsOfPrevious,
  violationsOfRange,
  type Window,
} from '../insight/index.js';
import type { BoardHead } from './board.js';
import { nominalWindow, type Preset, windowOf } from './window.rules.js';

/** The time that a caller asks about. What is not given is that of the board. */
export interface AskedTime {
  readonly range?: Preset | Window;
  readonly granularity?: Granularity;
  /** What to compare with; `previous`: the time before. */
  readonly comparison?: 'previous' | Window;
}

/** The same for all tiles of a board. */
export interface BoardTime {
  readonly window: Window;
  readonly granularity: Granularity;
  /** The window that bounds hold against. */
  readonly bounded: Window;
  readonly compared?: { readonly window: Window; readonly bounded: Window };
}

/** Resolved once for a board, so that all its tiles are about the same time. */
export function boardTimeOf(
  { range: given, granularity, comparison }: AskedTime,
  { defaultRange, defaultGranularity }: Pick<BoardHead, 'defaultRange' | 'defaultGranularity'>,
  zone: string,
  now: Date,
): BoardTime {
  const range = given ?? defaultRange;
  const isPreset = typeof range === 'string';
  const window = isPreset ? windowOf(range, zone, now) : range;
  const compared = comparison === 'previous' ? previousWindow(window, zone) : comparison;
  const violations = compared ? violationsOfPrevious(compared) : [];
  if (violations.length > 0) throw invalidArgument(violations);
  const bounded = isPreset ? nominalWindow(range) : window;
  return {
    window,
    bounded,
    granularity: granularity ?? defaultGranularity,
    // The time before is as long, give or take a change of the clock or the length of a month.
    compared: compared && { window: compared, bounded: comparison === 'previous' ? bounded : compared },
  };
}

/** Throws for a window that is too long for its buckets. */
export function throwIfTooLong(window: Window, granularity: Granularity): void {
  const [violation] = violationsOfRange(window, granularity, 'time_range');
  if (violation) throw invalidQuery(`${violation.field} ${violation.description}`);
}
