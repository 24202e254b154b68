import { describe, expect, test } from '@jest/globals';
import { clientAddress } from './client-address.js';

describe('without trusted proxies', () => {
  const address = clientAddress([]);

  test('nobody is believed', () => expect(address('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1'));
  test('IPv4 on a dual-stack socket', () => expect(address('::ffff:192.0.2.1', undefined)).toBe('192.0.2.1'));
  test('a socket that is already gone', () => expect(address(undefined, undefined)).toBe(''));
});

describe('behind trusted proxies', () => {
  const address = clientAddress(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);

  test.each([
    ['a stranger is not believed', '203.0.113.1', '198.51.100.1', '203.0.113.1'],
    ['a proxy is', '192.0.2.1', '198.51.100.1', '198.51.100.1'],
    ['over IPv6 as well', '2001:db8::7', '198.51.100.1', '198.51.100.1'],
    ['a claim left of the true client does not count', '10.0.0.1', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['a chain of proxies is followed', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['only proxies: the outermost', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['no claim', '10.0.0.1', undefined, '10.0.0.1'],
    ['garbage', '10.0.0.1', 'unknown', '10.0.0.1'],
  ])('%s', (_case, socket, forwardedFor, expected) => {
    expect(address(socket, forwardedFor)).toBe(expected);
  });
});

test('a proxy that is no address is refused', () => {
  expect(() => clientAddress(['proxy.internal'])).toThrow(
    'proxy.internal is neither an address nor a CIDR block',
  );
});
