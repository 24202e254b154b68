import type { ThrottlerStorage } from '@nestjs/throttler';

/** Storage of token buckets: @nestjs/throttler's storage, plus returning a token. */
export interface Buckets extends ThrottlerStorage {
  /** Returns a token that was taken before it was known whether it had to be. */
  putBack(key: string): Promise<void>;
}
