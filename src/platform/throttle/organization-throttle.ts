import { Injectable } from '@nestjs/common';
import type { OrganizationState } from '../caller/organization-state.js';
import type { Buckets } from './buckets.js';
import { setRateLimitHeaders, throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The token bucket of an organization: its RPCs and its plain HTTP requests take from the same one. */
@Injectable()
export class OrganizationThrottle {
  constructor(
    private readonly configured: BucketLimit,
    private readonly buckets: Buckets,
  ) {}

  /** Takes one token, or refuses; `header` learns what is left. */
  async take(orgId: string, organization: OrganizationState | undefined, header: Headers): Promise<void> {
    const limit = limitOf(organization, this.configured);
    const ttl = ttlOf(limit);
    const key = `organization:${orgId}`;
    const record = await this.buckets.increment(key, ttl, limit.burst, ttl, 'organization');
    setRateLimitHeaders(header, 'organization', limit.burst, ttl, record);
    if (!record.isBlocked) return;
    throw throttled(record, 'organization', `An organization may call ${limit.perSecond} times a second.`);
  }
}

/** The organization's own limit, or the configured one. */
function limitOf(organization: OrganizationState | undefined, configured: BucketLimit): BucketLimit {
  return {
    perSecond: organization?.ratePerSecond ?? configured.perSecond,
    burst: organization?.rateBurst ?? configured.burst,
  };
}
