import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';

/** Ids that lead to one profile: a merge moves them all, and the analytics store keeps each in memory. */
export const MOST_IDS = 10_000;

/** FAILED_PRECONDITION: an SDK does not send it again. */
export function refuseIdsOverLimit(ids: number): AppError | undefined {
  if (ids <= MOST_IDS) return undefined;
  return failedPrecondition(
    'PROFILE_ID_LIMIT',
    `At most ${MOST_IDS} ids may lead to one profile; send an external_id that names one person only.`,
  );
}
