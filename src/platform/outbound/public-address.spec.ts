import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from './public-address.js';

/** The IANA special-purpose address registries (IPv4 of 2026-06-17, IPv6 of 2025-10-09), and multicast. */
const special4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15',
  '198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32',
].flatMap((line) => line.split(' '));

const special6 = [
  '::/128 ::1/128 ::/96 ::ffff:0:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 2002::/16',
  '2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8',
].flatMap((line) => line.split(' '));

const private4 = [
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
];

/** Any address of the range. */
function within(range: string): fc.Arbitrary<bigint> {
  const [network = '', length = ''] = range.split('/');
  const bits = network.includes(':') ? 128n : 32n;
  const free = bits - BigInt(length);
  return fc.bigInt({ min: 0n, max: (1n << free) - 1n }).map((rest) => numberOf(network) + rest);
}

function numberOf(text: string): bigint {
  if (!text.includes(':')) return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = [], tail = []] = text.split('::').map((side) => side.split(':').filter(Boolean));
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...(text.includes('::') ? gap : []), ...tail].reduce(
    (sum, part) => sum * 65536n + BigInt(`0x${part}`),
    0n,
  );
}

const text4 = (number: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
const text6 = (number: bigint): string =>
  Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(
    ':',
  );

/** Every IPv6 form that embeds an IPv4 address. */
const carriers: Record<string, (address: bigint) => bigint> = {
  'mapped (::ffff:0:0/96)': (address) => numberOf('::ffff:0:0') + address,
  'compatible (::/96)': (address) => address,
  'SIIT (::ffff:0:0:0/96)': (address) => numberOf('::ffff:0:0:0') + address,
  'NAT64 (64:ff9b::/96)': (address) => numberOf('64:ff9b::') + address,
  'local NAT64 (64:ff9b:1::/48)': (address) => numberOf('64:ff9b:1::') + address,
  '6to4 (2002::/16)': (address) => numberOf('2002::') + (address << 80n),
  'Teredo (2001::/32)': (address) => numberOf('2001::') + (address ^ 0xffffffffn),
  'ISATAP (…:5efe:…)': (address) => numberOf('2600:1::5efe:0:0') + address,
  'ISATAP (…:200:5efe:…)': (address) => numberOf('2600:1::200:5efe:0:0') + address,
};

describe('an address is not public', () => {
  test.each([...special4, ...special6])('of %s', (range) => {
    const written = range.includes(':') ? text6 : text4;
    fc.assert(fc.property(within(range), (address) => !isPublicAddress(written(address))));
  });

  test.each(Object.entries(carriers))('that carries a private one: %s', (_form, carried) => {
    const inside = fc.oneof(...private4.map(within));
    fc.assert(fc.property(inside, (address) => !isPublicAddress(text6(carried(address)))));
  });

  test.each([
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '010.8.8.8',
    '8.8.8.8%1',
    '2600::1%eth0',
    '1:2',
  ])('that is not an address: %j', (text) => expect(isPublicAddress(text)).toBe(false));
});

describe('an address is public', () => {
  test.each(['8.8.8.8', '1.1.1.1', '2606:4700::6810:84e5', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    '%s',
    (text) => expect(isPublicAddress(text)).toBe(true),
  );

  test('of whatever else is routed', () => {
    const elsewhere = within('2600::/12').filter((address) => ((address >> 32n) & 0xffffn) !== 0x5efen);
    const notSpecial = elsewhere.filter((address) => !text6(address).startsWith('2620:4f:8000:'));
    fc.assert(fc.property(notSpecial, (address) => isPublicAddress(text6(address))));
  });
});
