import { expect, test } from '@jest/globals';
import { personAddress } from './client-address.js';

test.each<[Record<string, string>, string, string]>([
  [{}, '', ''],
  [{}, 'unknown', ''],
  [{}, '010.0.0.1', ''],
  [{}, '127.1', ''],
  [{ 'x-forwarded-for': '198.51.100.1' }, '', ''],
  [{}, '192.0.2.1', '192.0.2.1'],
  [{}, '::ffff:192.0.2.1', '192.0.2.1'],
  [{}, '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  [{}, 'fe80::1%eth0', 'fe80::1'],
  [{ 'cf-connecting-ip': '198.51.100.7' }, '192.0.2.1', '198.51.100.7'],
  [{ 'cf-connecting-ip': ' 198.51.100.7 ' }, '192.0.2.1', '198.51.100.7'],
  [{ 'cf-connecting-ip': 'nonsense', 'true-client-ip': '198.51.100.8' }, '192.0.2.1', '198.51.100.8'],
  [{ 'true-client-ip': '' }, '192.0.2.1', '192.0.2.1'],
])('with %j and %j the person is at %j', (headers, found, expected) => {
  expect(personAddress((name) => headers[name], found)).toBe(expected);
});
