import { describe, expect, test } from '@jest/globals';
import { bodyLimitOf, isCounted, isRefunded } from './plain-admission.rules.js';

const KiB = 1024;

test.each([
  ['/sign-in', 64 * KiB],
  ['/sso/saml/0190/acs', 256 * KiB],
  ['/sso/oidc/callback', 64 * KiB],
  ['/setup/sso', 1024 * KiB],
  ['/setup', 64 * KiB],
  ['/x/setup/', 64 * KiB],
  ['', 64 * KiB],
])('a body at %j has at most %i bytes', (path, bytes) => {
  expect(bodyLimitOf(path)).toBe(bytes);
});

describe('a request takes a token', () => {
  test.each([
    ['GET', '/sign-in', false],
    ['HEAD', '/sign-in', false],
    ['OPTIONS', '/sign-in', false],
    ['POST', '/sign-in', true],
    ['DELETE', '/sign-in', true],
    ['get', '/sign-in', true],
    ['GET', '/sso/saml/0190/metadata', true],
    ['POST', '/scim/v2/Users', false],
    ['GET', '/scim', false],
    ['POST', '/scimitar', true],
  ])('%s %s: %s', (method, path, counted) => {
    expect(isCounted({ method, path })).toBe(counted);
  });
});

test.each([
  ['/sign-in', 200, true],
  ['/sign-in', 303, true],
  ['/sign-in', 400, false],
  ['/sign-in', 500, false],
  ['/sso/saml/0190/acs', 303, false],
])('%s answered with %i gives it back: %s', (path, status, refunded) => {
  expect(isRefunded({ method: 'POST', path }, status)).toBe(refunded);
});
