/** Between two events of a visitor, before or after: more of it lies between two sessions. */
export const SESSION_GAP_MS = 30 * 60_000;

/** What is kept of a visitor of a day: the time of the newest event, and its session. */
export interface VisitorState {
  readonly newest: number;
  readonly session: string;
}

/** Ids of sessions, always the same for the same visitor, so that every server makes the same. */
export interface SessionIds {
  /** The id of the session that begins with an event of that time. */
  startingAt(occurTime: number): string;
  /** The id for events in a half hour, counted from the epoch, before the newest session. */
  inWindow(halfHour: number): string;
}

/** Events that follow each other without a gap. */
interface Run {
  readonly first: number;
  readonly last: number;
}

/** The last run of the times, in ascending order; there is at least one. */
export function lastRun(ascending: readonly number[]): Run {
  const last = ascending.at(-1) ?? 0;
  let first = last;
  for (let index = ascending.length - 2; index >= 0; index -= 1) {
    const time = ascending[index] ?? 0;
    if (first - time > SESSION_GAP_MS) break;
    first = time;
  }
  return { first, last };
}

/** The sessions of events of one visitor, by time. `before` is what was known of the visitor. */
export function sessionsOf(
  ascending: readonly number[],
  before: VisitorState | undefined,
  ids: SessionIds,
): Map<number, string> {
  const sessions = new Map<number, string>();
  let state = before;
  for (const time of ascending) {
    if (state && time < state.newest - SESSION_GAP_MS) {
      // Late, and of an earlier session: the state stays with the newest.
      sessions.set(time, ids.inWindow(Math.floor(time / SESSION_GAP_MS)));
      continue;
    }
    const session: string =
      state && time <= state.newest + SESSION_GAP_MS ? state.session : ids.startingAt(time);
    state = { newest: Math.max(time, state?.newest ?? time), session };
    sessions.set(time, session);
  }
  return sessions;
}
