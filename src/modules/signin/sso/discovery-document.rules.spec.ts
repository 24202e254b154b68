import { describe, expect, test } from '@jest/globals';
import { ALGORITHMS, defectOf, takesSecretInForm, usablePartOf } from './discovery-document.rules.js';

const document = {
  issuer: 'https://idp.example',
  authorization_endpoint: 'https://idp.example/authorize?tenant=a',
  token_endpoint: 'https://idp.example/token',
  jwks_uri: 'https://idp.example/keys',
};

describe('a document cannot be used', () => {
  test.each([
    ['authorization_endpoint', undefined, 'has no authorization_endpoint'],
    ['token_endpoint', '', 'token_endpoint'],
    ['token_endpoint', '/token', 'token_endpoint'],
    ['token_endpoint', 7, 'token_endpoint'],
    ['token_endpoint', 'http://idp.example/token', 'token_endpoint'],
    ['token_endpoint', 'javascript:alert(1)', 'token_endpoint'],
    ['token_endpoint', 'https://user:pass@idp.example/token', 'token_endpoint'],
    ['token_endpoint', 'https://idp.example/token#x', 'token_endpoint'],
    ['jwks_uri', `https://idp.example/${'k'.repeat(2048)}`, 'jwks_uri'],
    ['response_types_supported', ['token', 'id_token'], 'response_types_supported'],
    ['response_types_supported', 'code', 'response_types_supported'],
    ['token_endpoint_auth_methods_supported', ['private_key_jwt'], 'token_endpoint_auth_methods_supported'],
    ['id_token_signing_alg_values_supported', ['HS256', 'none'], 'id_token_signing_alg_values_supported'],
    ['id_token_signing_alg_values_supported', [], 'id_token_signing_alg_values_supported'],
  ])('whose %s is %j', (name, value, said) => {
    expect(defectOf({ ...document, [name]: value }, false)).toContain(said);
  });

  test('and what it says is quoted within bounds', () => {
    const defect = defectOf({ ...document, token_endpoint: 'x'.repeat(100_000) }, false);
    expect(defect?.length).toBeLessThan(500);
  });
});

test('a document can be used that says no more than it must, and one that offers more than we take', () => {
  expect(defectOf(document, false)).toBeUndefined();
  const offers = {
    id_token_signing_alg_values_supported: ['HS256', 'ES256'],
    response_types_supported: ['code', 'token'],
  };
  expect(defectOf({ ...document, ...offers }, false)).toBeUndefined();
});

test('plain http is for development', () => {
  const plain = { ...document, jwks_uri: 'http://localhost:8080/keys' };
  expect(defectOf(plain, false)).toContain('jwks_uri');
  expect(defectOf(plain, true)).toBeUndefined();
});

describe('the usable part', () => {
  test('has no optional endpoint that cannot be used, and keeps the others', () => {
    const given = {
      ...document,
      userinfo_endpoint: 'http://idp.example/me',
      end_session_endpoint: 'https://idp.example/out',
    };
    const usable: Record<string, unknown> = usablePartOf(given, false);
    expect(usable).not.toHaveProperty('userinfo_endpoint');
    expect(usable).toMatchObject({ ...document, end_session_endpoint: 'https://idp.example/out' });
  });

  test.each([
    [['HS256', 'none', 'RS256'], ['RS256']],
    [['none'], []],
    [undefined, ALGORITHMS],
    ['RS256', ALGORITHMS],
  ])('of userinfo that is signed by %j may be signed by %j', (offered, taken) => {
    const usable: Record<string, unknown> = usablePartOf(
      { ...document, userinfo_signing_alg_values_supported: offered },
      false,
    );
    expect(usable.userinfo_signing_alg_values_supported).toEqual(taken);
  });
});

test.each([
  [undefined, false],
  [['client_secret_basic'], false],
  [['client_secret_basic', 'client_secret_post'], true],
  ['client_secret_post', false],
])('%j takes the secret in the form: %s', (methods, inForm) => {
  expect(takesSecretInForm(methods)).toBe(inForm);
});

test('nothing is signed by a shared secret, or not at all', () => {
  expect(ALGORITHMS.filter((name) => /^(HS|none)/i.test(name))).toEqual([]);
});
