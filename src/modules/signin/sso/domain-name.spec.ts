import { expect, test } from '@jest/globals';
import { domainName, domainOf } from './domain-name.js';

test.each([
  ['example.com', 'example.com'],
  ['  Example.COM ', 'example.com'],
  ['mail.example.co.uk', 'mail.example.co.uk'],
  ['bücher.example', 'xn--bcher-kva.example'],
])('%s names %s', (given, name) => expect(domainName(given)).toBe(name));

test.each([
  '',
  'co.uk',
  'com',
  'localhost',
  '10.0.0.1',
  '[::1]',
  'example.com/path',
  'user@example.com',
  'example.com:80',
  'exa mple.com',
  '-.com',
  `${'a'.repeat(64)}.com`,
  `${'a.'.repeat(130)}com`,
])('%j names no domain of anybody', (given) => expect(domainName(given)).toBeUndefined());

test('an address leads to its domain', () => {
  expect(domainOf('Ada@Example.com')).toBe('example.com');
  expect(domainOf('"a@b"@example.com')).toBe('example.com');
  expect(domainOf('@example.com')).toBeUndefined();
  expect(domainOf('example.com')).toBeUndefined();
});
