/** A bucket's contents at a moment; it refills evenly up to `burst`. */
export interface Bucket {
  tokens: number;
  /** Milliseconds since the epoch. */
  updatedAt: number;
}

export interface BucketLimit {
  perSecond: number;
  burst: number;
}

export interface Taken {
  bucket: Bucket;
  allowed: boolean;
  /** Whole tokens left. */
  remaining: number;
  /** Milliseconds until one token is there; 0 when one is. */
  retryAfterMs: number;
  /** Milliseconds until the bucket is full again. */
  fullAfterMs: number;
}

/**
 * Takes `cost` tokens if there is one; what the bucket did not hold it owes. A full bucket and an absent one are the
 * same.
 */
export function take(bucket: Bucket | undefined, limit: BucketLimit, now: number, cost = 1): Taken {
  const tokens = bucket ? refilled(bucket, limit, now) : limit.burst;
  const allowed = tokens >= 1;
  const left = allowed ? tokens - cost : tokens;
  return {
    bucket: { tokens: left, updatedAt: now },
    allowed,
    remaining: Math.floor(left),
    retryAfterMs: left >= 1 ? 0 : Math.ceil(((1 - left) / limit.perSecond) * 1000),
    fullAfterMs: Math.ceil(((limit.burst - left) / limit.perSecond) * 1000),
  };
}

function refilled(bucket: Bucket, limit: BucketLimit, now: number): number {
  // A clock that steps back must not drain the bucket.
  const elapsed = Math.max(0, now - bucket.updatedAt);
  return Math.min(limit.burst, bucket.tokens + (elapsed / 1000) * limit.perSecond);
}
