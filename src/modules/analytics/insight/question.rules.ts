import { AppError } from '../../../platform/errors/index.js';
import type { EventSelector } from './insight-query.js';

const MOST_EVENTS = 50;

/** A step of a funnel, or an event of retention, that stands for any event: the answer would say nothing. */
export function refuseUnboundedSelectors(selectors: readonly EventSelector[]): AppError | undefined {
  const position = selectors.findIndex(({ kind, filters }) => kind === '' && filters.length === 0);
  return position === -1 ? undefined : invalidQuery(`event ${position + 1} needs a kind or a filter`);
}

/** Each event of trends is a part of the statement. */
export function refuseManySelectors(selectors: readonly EventSelector[]): AppError | undefined {
  return selectors.length > MOST_EVENTS ? invalidQuery(`at most ${MOST_EVENTS} events`) : undefined;
}

/** Series are told apart by kind, and a caller can tell apart filters; two that are alike would be one series twice. */
export function refuseEqualSelectors(selectors: readonly EventSelector[]): AppError | undefined {
  const keys = selectors.map(({ kind, filters }) => JSON.stringify([kind, filters]));
  const position = keys.findIndex((key, index) => keys.indexOf(key) !== index);
  return position === -1
    ? undefined
    : invalidQuery(`event ${position + 1} repeats an earlier one; add a filter that distinguishes them`);
}

export function invalidQuery(what: string): AppError {
  return new AppError('invalid_argument', 'INVALID_INSIGHT_QUERY', `invalid query parameters: ${what}`);
}
