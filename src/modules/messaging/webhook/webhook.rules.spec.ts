import { describe, expect, test } from '@jest/globals';
import { type WebhookCall, webhookOutcome } from './webhook.js';
import { excerptOf, isSuccess, maySend, pauseAfter, refuseRedelivery, resumedAt } from './webhook.rules.js';

const call: WebhookCall = {
  ...{ id: 'a', campaignId: 'c', stepId: 's', name: 'Hook', url: 'https://acme.example' },
  ...{ outcome: webhookOutcome.failed, createdAt: new Date(0), endedAt: new Date(1), nextAttemptAt: null },
  ...{ attempts: 5, isHeld: false, isForgotten: false },
  ...{ userId: null, round: 0 },
};

test.each([
  [0, false],
  [199, false],
  [200, true],
  [299, true],
  [302, false],
  [500, false],
])('an answer with the status %d is a success: %p', (status, expected) => {
  expect(isSuccess({ status })).toBe(expected);
});

test.each([
  [0, 0, true],
  [3, 3, true],
  [4, 4, false],
  // The last free slot.
  [3, 6, true],
  [3, 7, false],
  [0, 7, true],
])(
  'an organization with %d of %d requests in progress, of 8 slots, may send another: %p',
  (own, all, may) => {
    expect(maySend({ own, all, slots: 8 })).toBe(may);
  },
);

test('with few slots, an organization has one request under way', () => {
  for (const slots of [1, 2, 3])
    expect([0, 1].map((own) => maySend({ own, all: own, slots }))).toEqual([true, false]);
});

test('pauses double from two seconds, and none follows the fifth attempt', () => {
  expect([1, 2, 3, 4, 5].map(pauseAfter)).toEqual([2_000, 4_000, 8_000, 16_000, undefined]);
});

describe('an excerpt', () => {
  const of = (text: string) => excerptOf(new TextEncoder().encode(text));

  test('has a thousand characters, and no control characters but white space', () => {
    expect(of('x'.repeat(2_000))).toHaveLength(1_000);
    expect(of('a\0b\u001b[31mc\n\td')).toBe('ab[31mc\n\td');
  });

  test('survives what is no text', () => {
    expect(excerptOf(Uint8Array.of(0xff, 0xfe, 0x41))).toBe('\ufffd\ufffdA');
  });
});

describe('a call that', () => {
  test.each([
    ['has not ended is not sent again', { outcome: null }, 'WEBHOOK_CALL_OPEN'],
    ['has lost its content is not sent again', { isForgotten: true }, 'WEBHOOK_CALL_FORGOTTEN'],
    ['was sent a hundred times is not sent again', { attempts: 100 }, 'WEBHOOK_CALL_REDELIVERED_TOO_OFTEN'],
  ])('%s', (_, change, reason) => {
    expect(refuseRedelivery({ ...call, ...change })).toMatchObject({ reason });
  });

  test('has failed is sent again', () => {
    expect(refuseRedelivery(call)).toBeUndefined();
    expect(refuseRedelivery({ ...call, attempts: 99 })).toBeUndefined();
  });
});

test('a call that was held continues at once, when its next attempt is due, or when the request on its way must be over', () => {
  const [early, late] = [new Date(1_000), new Date(60_000)];
  expect(resumedAt({ nextAttemptAt: null, sentAt: null })).toBeUndefined();
  expect(resumedAt({ nextAttemptAt: late, sentAt: null })).toEqual(late);
  expect(resumedAt({ nextAttemptAt: early, sentAt: early })).toEqual(new Date(16_000));
  expect(resumedAt({ nextAttemptAt: null, sentAt: early })).toEqual(new Date(16_000));
  expect(resumedAt({ nextAttemptAt: late, sentAt: early })).toEqual(late);
});
