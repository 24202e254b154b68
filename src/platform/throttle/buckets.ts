import type { ThrottlerStorage } from '@nestjs/throttler';

/** Where token buckets are kept: @nestjs/throttler's storage, and the way back. */
export interface Buckets extends ThrottlerStorage {
  /** Returns a token that was taken before it was known whether it had to be. */
  putBack(key: string): Promise<void>;
}
