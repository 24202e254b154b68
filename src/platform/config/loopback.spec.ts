import { describe, expect, test } from '@jest/globals';
import { isLoopback } from './loopback.js';

describe('isLoopback', () => {
  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'fe80::1',
    'localhost.example.com',
    '127.0.0.1.example',
  ])('%s is reached from elsewhere', (host) => expect(isLoopback(host)).toBe(false));

  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
    '%s is this machine only',
    (host) => expect(isLoopback(host)).toBe(true),
  );
});
