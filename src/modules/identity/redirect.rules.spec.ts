import { expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { newLoginCode, readLoginCode } from './login-code.js';
import { isAllowedRedirect, withParameters } from './redirect.rules.js';

const listed = ['https://app.example/signed-in'];

test.each([
  'https://app.example/signed-in',
  'http://127.0.0.1:50123/callback',
  'http://[::1]:1/',
  'http://127.0.0.1/',
])('%s may be gone back to', (uri) => expect(isAllowedRedirect(uri, listed)).toBe(true));

test.each([
  'https://app.example/signed-in/',
  'https://app.example/signed-in?next=x',
  'HTTPS://app.example/signed-in',
  'https://127.0.0.1/',
  'http://localhost:8080/',
  'http://127.0.0.1.evil.example/',
  'http://user@127.0.0.1/',
  'http://127.0.0.1/#fragment',
  'javascript:alert(1)',
  'nonsense',
  '',
])('%j may not', (uri) => expect(isAllowedRedirect(uri, listed)).toBe(false));

test('parameters stand beside those that are there, and empty ones are left out', () => {
  expect(withParameters('https://app.example/in?tab=1', { code: 'a b', state: '' })).toBe(
    'https://app.example/in?tab=1&code=a+b',
  );
});

test('a code leads to its login, and nothing else can be read as one', () => {
  const [orgId, loginId] = [uuid(), uuid()];
  const { code, hash } = newLoginCode(orgId, loginId);
  expect(readLoginCode(code)).toEqual({ orgId, loginId, hash });
  for (const other of ['', 'x', code.slice(1), `${code}A`, `${code}=`, 'A'.repeat(code.length)]) {
    expect(readLoginCode(other)?.loginId).not.toBe(loginId);
  }
});
