import type { ThrottlerStorage } from '@nestjs/throttler';
import type { BucketLimit, Taken } from './token-bucket.js';

/** What @nestjs/throttler expects of a storage; times in seconds. */
export type ThrottleRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * @nestjs/throttler speaks of a limit within a time to live. For a token bucket the limit is the burst and the
 * time to live (milliseconds) is what an empty bucket needs to fill.
 */
export function ttlOf(limit: BucketLimit): number {
  return (limit.burst / limit.perSecond) * 1000;
}

export function limitOf(ttl: number, burst: number): BucketLimit {
  return { burst, perSecond: burst / (ttl / 1000) };
}

export function recordOf(
  taken: Pick<Taken, 'allowed' | 'remaining' | 'retryAfterMs' | 'fullAfterMs'>,
  burst: number,
): ThrottleRecord {
  return {
    totalHits: burst - taken.remaining,
    timeToExpire: Math.ceil(taken.fullAfterMs / 1000),
    isBlocked: !taken.allowed,
    timeToBlockExpire: Math.ceil(taken.retryAfterMs / 1000),
  };
}
