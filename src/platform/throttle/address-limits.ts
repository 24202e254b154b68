import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import type { Buckets } from './buckets.js';
import { throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** A separate limit for one kind of request of an address. */
export interface AddressLimit {
  name: string;
  limit: BucketLimit;
  /** The error text above the limit. */
  sentence: string;
  /** What is counted by; `client address` unless it is a link or the like. */
  subject?: string;
}

/** Token buckets by client address for what needs a tighter limit than calls have in general. */
@Injectable()
export class AddressLimits {
  constructor(private readonly buckets: Buckets) {}

  /** Takes one token of the address, or refuses. */
  async take(
    { name, limit, sentence, subject = 'client address' }: AddressLimit,
    address: string,
  ): Promise<void> {
    const ttl = ttlOf(limit);
    const record = await this.buckets.increment(keyOf(name, address), ttl, limit.burst, ttl, name);
    if (record.isBlocked) throw throttled(record, subject, sentence);
  }

  /** Gives back a token that was taken before it was known whether it had to be. */
  async putBack({ name }: AddressLimit, address: string): Promise<void> {
    await this.buckets.putBack(keyOf(name, address));
  }
}

function keyOf(name: string, address: string): string {
  return `${name}:${normalizeIp(address)}`;
}
