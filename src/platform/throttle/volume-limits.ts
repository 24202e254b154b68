import { Injectable } from '@nestjs/common';
import type { Buckets } from './buckets.js';
import { throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** A limit of something that calls bring in different amounts. */
export interface VolumeLimit {
  readonly name: string;
  readonly limit: BucketLimit;
  /** The error text above the limit. */
  readonly sentence: string;
  /** What is counted by. */
  readonly subject: string;
}

/** Token buckets for amounts. A call that brings more than is left passes, and the next ones wait for it. */
@Injectable()
export class VolumeLimits {
  constructor(private readonly buckets: Buckets) {}

  async take({ name, limit, sentence, subject }: VolumeLimit, key: string, amount: number): Promise<void> {
    const record = await this.buckets.spend(`${name}:${key}`, ttlOf(limit), limit.burst, amount);
    if (record.isBlocked) throw throttled(record, subject, sentence);
  }
}
