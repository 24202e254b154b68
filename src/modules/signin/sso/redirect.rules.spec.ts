import { expect, test } from '@jest/globals';
import { isAllowedRedirect } from './redirect.rules.js';

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
