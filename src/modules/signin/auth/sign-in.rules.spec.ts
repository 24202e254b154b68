import { describe, expect, test } from '@jest/globals';
import {
  addressLimits,
  clientLimits,
  codeExpiry,
  type Recent,
  type RecentCodes,
  refuseSend,
} from './sign-in.rules.js';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const quiet: Recent = { sentAt: [], wrong: 0, wrongSince: null };
const sent = (...seconds: number[]): Recent => ({ ...quiet, sentAt: seconds.map(ago) });
const wrong = (count: number, since = ago(3600)): Recent => ({ ...quiet, wrong: count, wrongSince: since });
const recent = (more: Partial<RecentCodes>): RecentCodes => ({
  byClient: quiet,
  byAll: quiet,
  sentToday: 0,
  sentTodaySince: null,
  isKnownClient: false,
  ...more,
});
const waits = (codes: RecentCodes): number | undefined => refuseSend(codes, now)?.details.retryAfterSeconds;

test('a code counts for three minutes', () => {
  expect(codeExpiry(now)).toEqual(new Date('2026-01-01T12:03:00Z'));
});

describe('a code is refused', () => {
  test('after three within ten minutes, until the oldest leaves the window', () => {
    expect(waits(recent({ byClient: sent(1, 2) }))).toBeUndefined();
    expect(waits(recent({ byClient: sent(1, 2, 500) }))).toBe(100);
    expect(refuseSend(recent({ byClient: sent(1, 2, 500) }), now)).toMatchObject({
      kind: 'resource_exhausted',
      reason: 'TOO_MANY_CODES',
      details: { quota: { subject: 'email address' } },
    });
  });

  test('after too many wrong tries by the client, for a day from the first', () => {
    expect(waits(recent({ byClient: wrong(clientLimits.wrongADay - 1) }))).toBeUndefined();
    expect(waits(recent({ byClient: wrong(clientLimits.wrongADay) }))).toBe(23 * 3600);
  });

  test('after too much by all clients, but not for the one that the owner has used', () => {
    const busy = [
      { byAll: sent(...Array.from({ length: addressLimits.sends }, (_, at) => at)) },
      { byAll: wrong(addressLimits.wrongADay) },
      { sentToday: 60, sentTodaySince: ago(3600) },
    ];
    for (const codes of busy) {
      expect(waits(recent(codes))).toBeGreaterThan(0);
      expect(waits(recent({ ...codes, isKnownClient: true }))).toBeUndefined();
    }
  });

  test('also for a client that the owner has used, by its own limits', () => {
    expect(waits(recent({ byClient: sent(1, 2, 3), isKnownClient: true }))).toBe(597);
  });

  test('until the last of the limits lets go', () => {
    expect(waits(recent({ byClient: sent(1, 2, 500), sentToday: 60, sentTodaySince: ago(7200) }))).toBe(
      22 * 3600,
    );
  });

  test('for a second at least, when the window ends this moment', () => {
    expect(waits(recent({ byClient: sent(1, 2, 600) }))).toBe(1);
  });
});

test('all clients together have more than one, and one no more than a window of codes can try', () => {
  for (const limit of ['attempts', 'sends', 'wrongADay'] as const)
    expect(addressLimits[limit]).toBeGreaterThan(clientLimits[limit]);
});
