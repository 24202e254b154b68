import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import type { Buckets } from './buckets.js';
import { throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The token bucket of a client address, for callers without a valid credential. */
@Injectable()
export class AddressThrottle {
  constructor(
    private readonly limit: BucketLimit,
    private readonly buckets: Buckets,
  ) {}

  /** Takes one token of the address, or refuses. */
  async take(address: string): Promise<void> {
    const { burst, perSecond } = this.limit;
    const ttl = ttlOf(this.limit);
    const record = await this.buckets.increment(keyOf(address), ttl, burst, ttl, 'address');
    if (!record.isBlocked) return;
    throw throttled(
      record,
      'client address',
      `Without a credential an address may call ${perSecond} times a second.`,
    );
  }

  /** Returns the token of a caller who has proven who they are after all. */
  putBack(address: string): Promise<void> {
    return this.buckets.putBack(keyOf(address));
  }
}

/** IPv6 by /64: a client usually controls the whole network. */
function keyOf(address: string): string {
  return `address:${normalizeIp(address)}`;
}
