import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage, type ThrottlerStorage } from '@nestjs/throttler';
import type { Call } from '../rpc/call.js';
import { throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

export interface AddressLimits {
  anonymous: BucketLimit;
}

/** The token bucket of a client address, for whoever has not proven who they are. */
@Injectable()
export class AddressThrottle {
  constructor(
    private readonly limits: AddressLimits,
    @InjectThrottlerStorage() private readonly storage: ThrottlerStorage,
  ) {}

  /** Takes one token of the caller's address, or refuses. */
  async take(call: Call): Promise<void> {
    const { burst, perSecond } = this.limits.anonymous;
    const ttl = ttlOf(this.limits.anonymous);
    const record = await this.storage.increment(`address:${call.rpc.address}`, ttl, burst, ttl, 'address');
    if (!record.isBlocked) return;
    throw throttled(
      record,
      'client address',
      `Without a credential an address may call ${perSecond} times a second.`,
    );
  }
}
