import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { orgIdOf } from '../caller/caller.js';
import { type Call, callOf } from '../rpc/call.js';
import { setRateLimitHeaders, throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The limit that applies to the call: the organization's own, or the configured one. */
export function organizationLimit(call: Call, configured: BucketLimit): BucketLimit {
  return {
    perSecond: call.organization?.ratePerSecond ?? configured.perSecond,
    burst: call.organization?.rateBurst ?? configured.burst,
  };
}

/** What ThrottlerModule is configured with: one token bucket per organization, shared by all its callers. */
export function organizationThrottler(configured: BucketLimit) {
  return {
    name: 'organization',
    limit: (context: ExecutionContext) => organizationLimit(callOf(context), configured).burst,
    ttl: (context: ExecutionContext) => ttlOf(organizationLimit(callOf(context), configured)),
  };
}

/** @nestjs/throttler's guard on RPCs: keyed by the proven organization, never by what the message says. */
@Injectable()
export class OrganizationThrottleGuard extends ThrottlerGuard {
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { caller } = callOf(context);
    return Promise.resolve(caller.kind !== 'member' && caller.kind !== 'api_key');
  }

  protected override async handleRequest(
    request: Parameters<ThrottlerGuard['handleRequest']>[0],
  ): Promise<boolean> {
    const { context, limit, ttl, throttler, blockDuration } = request;
    const call = callOf(context);
    const key = `organization:${orgIdOf(call.caller)}`;
    const record = await this.storageService.increment(key, ttl, limit, blockDuration, throttler.name ?? '');
    setRateLimitHeaders(call.rpc.responseHeader, 'organization', limit, ttl, record);
    if (record.isBlocked)
      await this.throwThrottlingException(context, { ...record, limit, ttl, key, tracker: key });
    return true;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    const perSecond = Math.round(detail.limit / (detail.ttl / 1000));
    throw throttled(detail, 'organization', `An organization may call ${perSecond} times a second.`);
  }
}
