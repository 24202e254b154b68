import { AppError, failedPrecondition } from '../../../platform/errors/index.js';
import { campaignStatus, type CampaignStatus, isPassing } from '../campaign/index.js';
import { type ScheduledStart, type SeenStart, startState } from './scheduled-start.js';

/** For so long a start that fails is tried again: a defect must not start a campaign days later. */
const TRIED_FOR_MS = 3_600_000;

/** Why a start whose time has come does not happen. It is kept, and no call is refused with it. */
export type KeptReason = Pick<ScheduledStart, 'reason' | 'detail'>;

/** The campaign was started or cancelled by hand while the start waited: nothing follows from it any more. */
export function unlessOvertaken(start: ScheduledStart, status: CampaignStatus): ScheduledStart {
  const isOvertaken = start.state === startState.waiting && status !== campaignStatus.created;
  return isOvertaken ? { ...start, state: startState.overtaken } : start;
}

export function notScheduled(): AppError {
  return failedPrecondition('START_NOT_SCHEDULED', 'No start of this campaign is scheduled.');
}

export const organizationClosed: KeptReason = {
  reason: 'ORGANIZATION_CLOSED',
  detail: 'The organization was suspended or being deleted.',
};
export const schedulerMayNotStart: KeptReason = {
  reason: 'SCHEDULER_MAY_NOT_START',
  detail: 'The member or API key that scheduled the start may no longer start campaigns.',
};

export const editedSince: KeptReason = {
  reason: 'EDITED_SINCE',
  detail: 'The campaign was edited by a member or API key that may not start campaigns.',
};

/** `digest`: what the campaign would start with now; undefined where it no longer can. */
export function seen(start: ScheduledStart, digest: string | undefined): SeenStart {
  const isBound = start.state === startState.waiting && start.digest !== null;
  return { ...start, contentChanged: isBound && digest !== undefined && start.digest !== digest };
}

/**
 * What to keep of an error with which a start ended: that it was refused, or that it has failed for an hour. Undefined:
 * another attempt follows.
 */
export function keptReasonOf(error: unknown, startsAt: Date, now: Date): KeptReason | undefined {
  if (error instanceof AppError && error.kind === 'failed_precondition')
    return { reason: error.reason, detail: error.message };
  if (isPassing(error) || now.getTime() - startsAt.getTime() < TRIED_FOR_MS) return undefined;
  return { reason: 'INTERNAL', detail: 'The server could not start the campaign.' };
}
