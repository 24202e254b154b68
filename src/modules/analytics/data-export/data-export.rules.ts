import { AppError, invalidArgument } from '../../../platform/errors/index.js';

/** Exports of an organization that wait or run at once. */
export const MOST_OPEN = 5;
/** How often making the files is begun. */
export const MOST_ATTEMPTS = 5;
/** How long files are kept. */
export const KEPT_MS = 7 * 24 * 60 * 60_000;

export function refuseRange(from: Date | null, to: Date | null): AppError | undefined {
  if (!from || !to || from < to) return undefined;
  return invalidArgument([{ field: 'end_time', description: 'must be after start_time' }]);
}

export function refuseExportsOverLimit(open: number): AppError | undefined {
  if (open < MOST_OPEN) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_EXPORTS',
    `${MOST_OPEN} exports wait or run; wait until one is done, or cancel one.`,
  );
}
