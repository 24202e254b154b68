import { Injectable } from '@nestjs/common';
import type { Buckets } from './buckets.js';
import { throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The token bucket of a signed-in person, for calls that count against no organization. */
@Injectable()
export class PersonThrottle {
  constructor(
    /** The default limit of an organization: a person alone never has more than an organization. */
    private readonly limit: BucketLimit,
    private readonly buckets: Buckets,
  ) {}

  async take(identityId: string): Promise<void> {
    const { burst, perSecond } = this.limit;
    const ttl = ttlOf(this.limit);
    const record = await this.buckets.increment(`person:${identityId}`, ttl, burst, ttl, 'person');
    if (!record.isBlocked) return;
    throw throttled(
      record,
      'person',
      `Outside of an organization a person may call ${perSecond} times a second.`,
    );
  }
}
