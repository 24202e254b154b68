import { type AppError, invalidArgument } from '../../../platform/errors/index.js';

/** Whether a link works now. */
export function isLive(
  { enabled, expiresAt }: { readonly enabled: boolean; readonly expiresAt: Date | null },
  now: Date,
): boolean {
  return enabled && (expiresAt === null || expiresAt > now);
}

/** For the time at which a link is to expire. */
export function refuseEnd(expiresAt: Date, now: Date): AppError | undefined {
  if (expiresAt > now) return undefined;
  return invalidArgument([{ field: 'expire_time', description: 'must be in the future' }]);
}
