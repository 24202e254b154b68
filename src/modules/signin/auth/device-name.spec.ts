import { describe, expect, test } from '@jest/globals';
import { deviceNameOf } from './device-name.js';

describe('a device is called', () => {
  test.each([
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
      'Chrome on macOS',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    ['grpc-node-js/1.14.7', 'grpc-node-js'],
    ['connect-es/2.2.0 (node)', 'connect-es'],
    ['curl', 'curl'],
    ['Mozilla/5.0', 'Mozilla'],
    ['', ''],
    ['   ', ''],
    ['(', ''],
    ['x'.repeat(10_000), 'x'.repeat(100)],
  ])('%.40s: %s', (userAgent, name) => {
    expect(deviceNameOf(userAgent)).toBe(name);
  });
});
