import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../platform/errors/index.js';
import { readServiceAccount } from './service-account.js';

const pem = (bits: number) =>
  generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
const account = {
  type: 'service_account',
  project_id: 'shop-1',
  private_key_id: 'abc',
  private_key: pem(2048),
  client_email: 'push@shop-1.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
};

function problemOf(text: string): string {
  try {
    readServiceAccount(text);
  } catch (error) {
    if (error instanceof AppError) return error.details.violations?.[0]?.description ?? '';
    throw error;
  }
  return '';
}

describe('a key file is refused', () => {
  test.each([
    ['that is no JSON', '{', 'must be JSON'],
    ['that is a list', '[]', 'must be a JSON object'],
    ['that is null', 'null', 'must be a JSON object'],
    ['without a type', {}, 'type must be service_account'],
    ['of an authorized user', { ...account, type: 'authorized_user' }, 'type must be service_account'],
    ['without a key', { ...account, private_key: undefined }, 'private_key must be a text'],
    [
      'with another text for a key',
      { ...account, private_key: 'hush-hush' },
      'private_key must be an RSA key in PEM',
    ],
    ['with a key that is too short', { ...account, private_key: pem(1024) }, 'must be an RSA key'],
    [
      'of an account elsewhere',
      { ...account, client_email: 'a@evil.example' },
      'client_email must be that of',
    ],
    [
      'with line breaks in its address',
      { ...account, client_email: `a\n${account.client_email}` },
      'client_email',
    ],
    [
      'whose tokens come from inside',
      { ...account, token_uri: 'http://169.254.169.254/' },
      'token_uri must be',
    ],
    ['of more than 16 KiB', { ...account, more: 'x'.repeat(16_384) }, 'must have at most 16 KiB'],
  ])('%s', (_what, given, problem) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    expect(problemOf(text)).toContain(problem);
    expect(problemOf(text)).not.toContain('hush-hush');
  });
});

test('is kept without unknown fields, and shown without its key', () => {
  const { json, shown, clientEmail } = readServiceAccount(JSON.stringify({ ...account, other: 'x' }));
  expect(JSON.parse(json)).toEqual(account);
  expect(JSON.parse(shown)).toEqual({ ...account, private_key: '***' });
  expect(clientEmail).toBe(account.client_email);
});
