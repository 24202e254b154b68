import type { Window } from '../../src/modules/analytics/insight/insight-query.js';

const DAY_MS = 86_400_000;

/** When the generated events happened: 90 days. */
export const HISTORY: Window = { from: Date.UTC(2026, 7, 30), to: Date.UTC(2026, 10, 28) };

/** Whole weeks from Sunday to Saturday, with weeks before them. */
export const WEEKS: Window = { from: Date.UTC(2026, 9, 4), to: Date.UTC(2026, 10, 22) };

/** The last days of the history. */
export function lastDays(days: number): Window {
  return { from: HISTORY.to - days * DAY_MS, to: HISTORY.to };
}

/** The days before a window, as many as it has. */
export function before({ from, to }: Window): Window {
  return { from: from - (to - from), to: from };
}
