import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ThrottlerGuard, type ThrottlerModuleOptions, type ThrottlerStorage } from '@nestjs/throttler';
import { orgIdOf } from '../caller/caller.js';
import { type Call, callOf } from '../rpc/call.js';
import { setRateLimitHeaders, throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The limit that applies to the call: the organization's own, or the configured one. */
export function organizationLimit(call: Pick<Call, 'organization'>, configured: BucketLimit): BucketLimit {
  return {
    perSecond: call.organization?.ratePerSecond ?? configured.perSecond,
    burst: call.organization?.rateBurst ?? configured.burst,
  };
}

export function organizationKey(orgId: string): string {
  return `organization:${orgId}`;
}

/**
 * @nestjs/throttler's guard on RPCs: one token bucket per organization, shared by all its callers and keyed by the
 * proven organization, never by what the message says.
 */
@Injectable()
export class OrganizationThrottleGuard extends ThrottlerGuard {
  constructor(
    options: ThrottlerModuleOptions,
    storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly configured: BucketLimit,
  ) {
    super(options, storage, reflector);
  }

  /** The guard's own asks the handler for decorators six times a call, and there are none. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const call = callOf(context);
    const { kind } = call.caller;
    if (kind !== 'member' && kind !== 'api_key') return true;
    const limit = organizationLimit(call, this.configured);
    const ttl = ttlOf(limit);
    const key = organizationKey(orgIdOf(call.caller) ?? '');
    const record = await this.storageService.increment(key, ttl, limit.burst, ttl, 'organization');
    setRateLimitHeaders(call.rpc.responseHeader, 'organization', limit.burst, ttl, record);
    if (!record.isBlocked) return true;
    const sentence = `An organization may call ${limit.perSecond} times a second.`;
    throw throttled(record, 'organization', sentence);
  }
}
