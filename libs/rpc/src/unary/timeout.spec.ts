import { describe, expect, test } from '@jest/globals';
import { connectTimeoutMs, grpcTimeoutMs } from './timeout.js';

describe('Connect-Timeout-Ms', () => {
  test.each(['', '-1', '1.5', ' 5', '5ms', '12345678901'])('%j is none', (value) => {
    expect(connectTimeoutMs(value)).toBeUndefined();
  });

  test.each([
    ['0', 0],
    ['250', 250],
    ['9999999999', 9_999_999_999],
  ])('%j is %d ms', (value, milliseconds) => {
    expect(connectTimeoutMs(value)).toBe(milliseconds);
  });
});

describe('grpc-timeout', () => {
  test.each(['', '5', 'S', '-1S', '1.5S', '5s', '5SS', ' 5S', '123456789S'])('%j is none', (value) => {
    expect(grpcTimeoutMs(value)).toBeUndefined();
  });

  test.each([
    ['2H', 7_200_000],
    ['2M', 120_000],
    ['2S', 2_000],
    ['2m', 2],
    ['2000u', 2],
    ['2000000n', 2],
    ['99999999H', 359_999_996_400_000],
  ])('%j is %d ms', (value, milliseconds) => {
    expect(grpcTimeoutMs(value)).toBeCloseTo(milliseconds);
  });
});
