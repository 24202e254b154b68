import type { Caller } from '../caller/caller.js';
import { AppError, permissionDenied } from '../errors/index.js';
import type { ProofNeed } from './access-rule.js';

/** Clocks of issuers differ a little from ours. */
const SKEW_MS = 60_000;

/** Why what the caller proved, and when, is not enough (RFC 9470); undefined when it is, or the handler decides. */
export function refuseStale(
  proof: ProofNeed,
  caller: Caller,
  now: number,
  maxAgeMs: number,
): AppError | undefined {
  if (proof.need !== 'recent') return undefined;
  if (caller.kind === 'person' || caller.kind === 'member') {
    return isRecent(caller.provenAt, now, maxAgeMs) ? undefined : insufficientAuthentication(maxAgeMs);
  }
  if (proof.exempt.some((kind) => kind === caller.kind)) return undefined;
  return permissionDenied('PERSON_REQUIRED', 'This call needs a person who has signed in recently.');
}

function isRecent(provenAt: number | undefined, now: number, maxAgeMs: number): boolean {
  return provenAt !== undefined && now - provenAt <= maxAgeMs && provenAt - now <= SKEW_MS;
}

/** The message begins with the code: the header that says it as well does not reach clients of gRPC. */
function insufficientAuthentication(maxAgeMs: number): AppError {
  const code = 'insufficient_user_authentication';
  const minutes = maxAgeMs / 60_000;
  const seconds = String(maxAgeMs / 1000);
  return new AppError(
    'unauthenticated',
    code.toUpperCase(),
    `${code}: this call needs a sign-in at most ${minutes} minutes ago; authenticate again, then repeat the call.`,
    {
      metadata: { max_age: seconds },
      challenge: `Bearer error="${code}", error_description="A more recent sign-in is required", max_age="${seconds}"`,
    },
  );
}
