import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import type { Buckets } from './buckets.js';
import { type Bucket, take } from './token-bucket.js';
import { limitOf, recordOf, type ThrottleRecord } from './throttle-record.js';

/**
 * Token buckets of this process. A bucket is evicted when it has not been used for long, and is full by then.
 */
export class MemoryBuckets implements Buckets {
  private readonly buckets = new LRUCache<string, Bucket>({ max: 100_000 });

  constructor(private readonly clock: Clock) {}

  increment(key: string, ttl: number, burst: number): Promise<ThrottleRecord> {
    return this.spend(key, ttl, burst, 1);
  }

  spend(key: string, ttl: number, burst: number, cost: number): Promise<ThrottleRecord> {
    const bucket = this.buckets.get(key);
    const taken = take(bucket, limitOf(ttl, burst), this.clock.now().getTime(), cost);
    // In place: most buckets exist, and creating an entry costs half of the call.
    if (bucket) Object.assign(bucket, taken.bucket);
    else this.buckets.set(key, taken.bucket);
    return Promise.resolve(recordOf(taken, burst));
  }

  putBack(key: string, tokens = 1): Promise<void> {
    const bucket = this.buckets.get(key);
    // More than the burst is cut at the next taking.
    if (bucket) bucket.tokens += tokens;
    return Promise.resolve();
  }
}
