import { AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';

const MOST_DOMAINS = 50;

export function refuseName(): AppError {
  return invalidArgument([{ field: 'name', description: 'is not a registrable domain such as example.com' }]);
}

export function refuseOverLimit(count: number): AppError | undefined {
  if (count < MOST_DOMAINS) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_DOMAINS',
    `An organization can have ${MOST_DOMAINS} domains; remove one first.`,
  );
}

/** While SSO is enforced, the last proven domain cannot be removed: no member could sign in. */
export function refuseRemoval(
  name: string,
  domains: readonly { name: string; verifiedAt: Date | null }[],
  enforced: boolean,
): AppError | undefined {
  const proven = domains.filter(({ verifiedAt }) => verifiedAt);
  if (!enforced || proven.some((domain) => domain.name !== name)) return undefined;
  return failedPrecondition(
    'LAST_PROVEN_DOMAIN',
    'Single sign-on is enforced, and this is the last proven domain; switch enforcement off first.',
  );
}
