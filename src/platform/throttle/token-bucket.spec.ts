import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Bucket, take } from './token-bucket.js';

const limit = { perSecond: 10, burst: 20 };

describe('take', () => {
  test('refuses the call after the burst and says when to come back', () => {
    let bucket: Bucket | undefined;
    for (let call = 0; call < 20; call += 1) {
      const taken = take(bucket, limit, 1000);
      expect(taken.allowed).toBe(true);
      bucket = taken.bucket;
    }
    const refused = take(bucket, limit, 1000);
    expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 100, fullAfterMs: 2000 });
    expect(take(refused.bucket, limit, 1099).allowed).toBe(false);
    expect(take(refused.bucket, limit, 1100).allowed).toBe(true);
  });

  test('a clock that steps back drains nothing', () => {
    const { bucket } = take(undefined, limit, 5000);
    expect(take(bucket, limit, 1000).remaining).toBe(18);
  });

  test('never lets more through than burst plus rate times time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 300 }), (gaps) => {
        let now = 0;
        let bucket: Bucket | undefined;
        let allowed = 0;
        for (const gap of gaps) {
          now += gap;
          const taken = take(bucket, limit, now);
          bucket = taken.bucket;
          if (taken.allowed) allowed += 1;
        }
        expect(allowed).toBeLessThanOrEqual(limit.burst + (now / 1000) * limit.perSecond + 1e-6);
      }),
    );
  });
});
