import { describe, expect, test } from '@jest/globals';
import type { StoredIdp } from './connection.js';
import { differences, nextFetchAfter, refuseTakeover, warningDue } from './metadata.rules.js';

const now = new Date('2026-11-22T12:00:00Z');
const inDays = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();
const hoursFrom = (date: Date): number => (date.getTime() - now.getTime()) / 3_600_000;

function certificate(fingerprint: string, days: number) {
  return { pem: '', fingerprint, subject: 'CN=idp', notBefore: inDays(-100), notAfter: inDays(days) };
}

function provider(change: Partial<StoredIdp> = {}): StoredIdp {
  return {
    entityId: 'https://idp.example',
    ssoRedirectUrl: 'https://idp.example/sso',
    certificates: [certificate('aa', 400)],
    wantAuthnRequestsSigned: false,
    nameIdFormats: [],
    ...change,
  };
}

describe('metadata is fetched again', () => {
  test.each([
    ['every six hours, when nothing is said', {}, 6],
    ['as often as the provider says', { cacheDurationMs: 2 * 3_600_000 }, 2],
    ['not more than once an hour', { cacheDurationMs: 1000 }, 1],
    ['at least once a day', { cacheDurationMs: 90 * 86_400_000 }, 24],
    ['when half of its validity is over', { validUntil: inDays(4 / 24) }, 2],
    ['soon, when it has ended', { validUntil: inDays(-1) }, 0.25],
  ])('%s', (_when, idp, hours) => expect(hoursFrom(nextFetchAfter(idp, now))).toBe(hours));
});

describe('metadata is not taken over', () => {
  test('when it is of somebody else', () =>
    expect(refuseTakeover(provider(), provider({ entityId: 'https://evil.example' }), now)).toMatch(
      /instead of/,
    ));
  test('when it has ended', () =>
    expect(refuseTakeover(null, provider({ validUntil: inDays(-1) }), now)).toMatch(/expired at/));
  test('unless it is good', () => expect(refuseTakeover(provider(), provider(), now)).toBeUndefined());
});

test('the trail says what changed, and nothing else', () => {
  const after = provider({
    certificates: [certificate('bb', 400)],
    ssoRedirectUrl: 'https://idp.example/new',
  });
  expect(differences(provider(), provider())).toEqual({});
  expect(differences(provider(), after)).toEqual({
    certificates_added: 'bb',
    certificates_removed: 'aa',
    sso_url: 'https://idp.example/sso → https://idp.example/new',
  });
});

describe('the end of the last certificate is warned about', () => {
  test.each([
    [31, {}, undefined],
    [30, {}, 30],
    [8, {}, 30],
    [8, { aa: 30 }, undefined],
    [7, { aa: 30 }, 7],
    [0.5, { aa: 7 }, 1],
    [-3, { aa: 7 }, 1],
    [0.5, { aa: 1 }, undefined],
    [0.5, { bb: 1 }, 1],
  ])('%d days before, warned of %j: %s', (days, warned, due) =>
    expect(warningDue({ certificates: [certificate('aa', days)] }, warned, now)?.days).toBe(due),
  );

  test('but not while another one is good', () =>
    expect(
      warningDue({ certificates: [certificate('aa', 3), certificate('bb', 300)] }, {}, now),
    ).toBeUndefined());
});
