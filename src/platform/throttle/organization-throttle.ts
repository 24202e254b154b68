import { Injectable } from '@nestjs/common';
import type { OrganizationState } from '../caller/organization-state.js';
import type { Buckets } from './buckets.js';
import { organizationKey, organizationLimit } from './organization-throttle.guard.js';
import { setRateLimitHeaders, throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The token bucket of an organization for plain HTTP requests: the same one that its RPCs take from. */
@Injectable()
export class OrganizationThrottle {
  constructor(
    private readonly configured: BucketLimit,
    private readonly buckets: Buckets,
  ) {}

  /** Takes one token, or refuses; `header` learns what is left. */
  async take(orgId: string, organization: OrganizationState, header: Headers): Promise<void> {
    const limit = organizationLimit({ organization }, this.configured);
    const ttl = ttlOf(limit);
    const key = organizationKey(orgId);
    const record = await this.buckets.increment(key, ttl, limit.burst, ttl, 'organization');
    setRateLimitHeaders(header, 'organization', limit.burst, ttl, record);
    if (!record.isBlocked) return;
    throw throttled(record, 'organization', `An organization may call ${limit.perSecond} times a second.`);
  }
}
