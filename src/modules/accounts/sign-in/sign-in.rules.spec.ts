import { describe, expect, test } from '@jest/globals';
import { isViewer, outcomeOf, refuseLink, refuseRedirect } from './sign-in.rules.js';

const now = new Date('2026-11-30T12:00:00Z');
const minutesAgo = (...minutes: number[]) => minutes.map((ago) => new Date(now.getTime() - ago * 60_000));
const none = { byClient: [], byAll: [] };

describe('a link for an address', () => {
  test('is refused to a client after three in ten minutes', () => {
    expect(refuseLink({ ...none, byClient: minutesAgo(1, 2) }, now)).toBeUndefined();
    const refusal = refuseLink({ ...none, byClient: minutesAgo(1, 2, 4) }, now);
    expect(refusal).toMatchObject({ reason: 'TOO_MANY_LINKS', details: { retryAfterSeconds: 360 } });
    expect(refuseLink({ ...none, byClient: minutesAgo(1, 2, 11) }, now)).toBeUndefined();
  });

  test('is refused to all after fifteen in ten minutes, and sixty in a day', () => {
    const fifteen = Array.from({ length: 15 }, (_, index) => index / 2);
    expect(refuseLink({ ...none, byAll: minutesAgo(...fifteen) }, now)).toBeDefined();
    const sixty = Array.from({ length: 60 }, (_, index) => 60 + index);
    expect(refuseLink({ ...none, byAll: minutesAgo(...sixty) }, now)?.details.retryAfterSeconds).toBe(
      (24 * 60 - 119) * 60,
    );
    expect(refuseLink({ ...none, byAll: minutesAgo(...sixty.slice(1)) }, now)).toBeUndefined();
  });
});

describe('a code of a provider', () => {
  test('is redeemed for the callback of the dashboard only', () => {
    for (const uri of ['https://board.example/oauth/callback', 'https://board.example/app/oauth/callback']) {
      expect(refuseRedirect(uri, 'https://board.example/app')).toBeUndefined();
    }
    const others = [
      'https://board.example/oauth/callback/',
      'https://board.example/oauth/callback?next=https://evil.example',
      'https://board.example.evil.example/oauth/callback',
      'http://board.example/oauth/callback',
      'http://127.0.0.1/oauth/callback',
      'https://BOARD.example/oauth/callback',
      '',
    ];
    for (const uri of others) {
      expect(refuseRedirect(uri, 'https://board.example')?.details.violations).toMatchObject([
        { field: 'redirect_uri' },
      ]);
    }
  });
});

describe('a sign-in', () => {
  const outcome = (memberships: { ssoEnforced: boolean }[], open: boolean) => {
    const found = outcomeOf(memberships, { open });
    return typeof found === 'string' ? found : found.reason;
  };

  test('founds an organization for who is in none, where sign-up is open', () => {
    expect(outcome([], true)).toBe('found');
    expect(outcome([], false)).toBe('NOT_INVITED');
  });

  test('enters where one of the organizations does not require single sign-on', () => {
    expect(outcome([{ ssoEnforced: false }], false)).toBe('enter');
    expect(outcome([{ ssoEnforced: true }, { ssoEnforced: false }], true)).toBe('enter');
    expect(outcome([{ ssoEnforced: true }], true)).toBe('SSO_REQUIRED');
  });
});

test('a demo account reads analytics, and its role holds nothing that changes something', () => {
  const reading = new Set([1, 2]);
  expect(isViewer([1], reading, 1)).toBe(true);
  expect(isViewer([1, 2], reading, 1)).toBe(true);
  expect(isViewer([2], reading, 1)).toBe(false);
  expect(isViewer([1, 3], reading, 1)).toBe(false);
});
