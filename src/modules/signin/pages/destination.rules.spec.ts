import { expect, test } from '@jest/globals';
import { destinationOf } from './destination.rules.js';

test.each(['/account', '/setup/sso', '/join?token=abc_-9', '/setup/sso/logins/1'])(
  '%s is a page here',
  (next) => {
    expect(destinationOf(next)).toBe(next);
  },
);

test.each([
  undefined,
  '',
  'account',
  'https://elsewhere.example/',
  '//elsewhere.example/account',
  '/\\elsewhere.example',
  '/\t/elsewhere.example',
  'javascript:alert(1)',
  '//',
  '/..//elsewhere.example',
  '/.//elsewhere.example',
  '/account/../..//elsewhere.example',
  '/\\[',
])('%j leads to the account page', (next) => {
  expect(destinationOf(next)).toBe('/account');
});

test('what would end a header is encoded', () => {
  expect(destinationOf('/account?a=b\r\nset-cookie: x')).not.toMatch(/[\r\n]/);
});
