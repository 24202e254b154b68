import { expect, test } from '@jest/globals';
import { loginIdOf, logoutRequestId } from './saml-logout.rules.js';

const id = '0190f0a0-0000-7000-8000-00000000000a';

test('a request leads back to its login, by an id that XML allows', () => {
  expect(logoutRequestId(id)).toMatch(/^[A-Za-z_][\w.-]*$/);
  expect(loginIdOf(logoutRequestId(id))).toBe(id);
});

test.each([
  '',
  id,
  `_signout-${id}x`,
  `_signout-${id.toUpperCase()}`,
  '_signout-',
  `x_signout-${id}`,
  `_signout-${id}\n`,
])('%j is the id of no such request', (requestId) => {
  expect(loginIdOf(requestId)).toBeUndefined();
});
