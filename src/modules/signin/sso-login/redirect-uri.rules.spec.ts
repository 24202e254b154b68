import { expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { newLoginCode, readLoginCode } from './login-code.js';
import { withParameters } from './redirect-uri.rules.js';

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
