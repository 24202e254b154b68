import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';

/** A sandbox is for trying things out: what happens in it is done by no member. */
export function refuseInSandbox(isSandbox: boolean): AppError | undefined {
  if (!isSandbox) return undefined;
  return failedPrecondition('CAMPAIGN_FEED_IN_SANDBOX', 'A sandbox has no events of campaigns.');
}

export function projectIsFed(): AppError {
  return failedPrecondition(
    'CAMPAIGN_FEED_PROJECT',
    'The events of campaigns go into this project; turn them off, or choose another project, first.',
  );
}
