import type { ThrottlerStorage } from '@nestjs/throttler';
import type { ThrottleRecord } from './throttle-record.js';

/** Storage of token buckets: @nestjs/throttler's storage, plus returning a token. */
export interface Buckets extends ThrottlerStorage {
  /**
   * Takes `cost` tokens if there is one: a bucket can owe what it did not hold, and then refuses until that is refilled.
   * `ttl` and `burst` as in `increment`.
   */
  spend(key: string, ttl: number, burst: number, cost: number): Promise<ThrottleRecord>;
  /** Returns tokens that were taken before it was known whether they had to be. */
  putBack(key: string, tokens?: number): Promise<void>;
}
