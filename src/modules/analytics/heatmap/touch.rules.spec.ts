import { describe, expect, test } from '@jest/globals';
import { askedFor, firstOf, type TouchDraft, touchOf } from './touch.rules.js';

const now = Date.UTC(2026, 10, 30, 12);
const day = 86_400_000;
const good: TouchDraft = {
  screen: 'Inbox',
  x: 0.5,
  y: 0.25,
  kind: 1,
  width: 390,
  height: 844,
  at: now,
  campaignId: '',
};

describe('a touch', () => {
  test('is kept as a cell, without device and time', () => {
    expect(touchOf(good, now)).toEqual({ screen: 'Inbox', x: 100, y: 50, kind: 1, campaignId: '' });
  });

  test.each<[what: string, changed: Partial<TouchDraft>, kept: object]>([
    ['in the first corner', { x: 0, y: 0 }, { x: 0, y: 0 }],
    ['in the last corner', { x: 1, y: Math.fround(0.9999999) }, { x: 199, y: 199 }],
    ['without a time', { at: undefined }, {}],
    ['of a device that was offline', { at: now - 7 * day }, {}],
    ['of a device whose clock is fast', { at: now + day }, {}],
    ['on a screen with a long name', { screen: '😀'.repeat(200) }, { screen: '😀'.repeat(200) }],
    ['of each kind', { kind: 4 }, { kind: 4 }],
    [
      'on a campaign',
      { campaignId: '0190F5E2-5E6B-7C3A-9B1F-000000000001' },
      { campaignId: '0190f5e2-5e6b-7c3a-9b1f-000000000001' },
    ],
  ])('%s counts', (_what, changed, kept) => {
    expect(touchOf({ ...good, ...changed }, now)).toMatchObject(kept);
  });

  test.each<[what: string, changed: Partial<TouchDraft>]>([
    ['without a screen', { screen: '' }],
    ['on a screen whose name is too long', { screen: '😀'.repeat(201) }],
    ['on a screen whose name cannot be seen', { screen: 'Inbox\0' }],
    ['on a screen whose name is half a character', { screen: '\ud800' }],
    ['left of the screen', { x: -0.0001 }],
    ['below the screen', { y: 1.0001 }],
    ['nowhere', { x: NaN }],
    ['far away', { y: Infinity }],
    ['of no kind', { kind: 0 }],
    ['of a kind to come', { kind: 5 }],
    ['on a screen without width', { width: 0 }],
    ['on a wall', { height: 100_001 }],
    ['of last month', { at: now - 7 * day - 1 }],
    ['of the day after tomorrow', { at: now + day + 1 }],
    ['at no time', { at: NaN }],
    ['on something that is no campaign', { campaignId: 'spring' }],
  ])('%s does not', (_what, changed) => {
    expect(touchOf({ ...good, ...changed }, now)).toBeUndefined();
  });
});

describe('of the touches of a request', () => {
  const all = [3, 1, 3, 4, 2, 3, 1].map((kind, index) => ({ kind, index }));

  test('scroll positions have a separate limit', () => {
    expect(askedFor(all)).toEqual({ touches: 4, scrolls: 3 });
  });

  test.each<[allowed: { touches: number; scrolls: number }, taken: number[]]>([
    [{ touches: 0, scrolls: 0 }, []],
    [{ touches: 2, scrolls: 1 }, [0, 1, 3]],
    [{ touches: 9, scrolls: 9 }, [0, 1, 2, 3, 4, 5, 6]],
  ])('the first ones are counted: %j', (allowed, taken) => {
    expect(firstOf(all, allowed).map(({ index }) => index)).toEqual(taken);
  });
});
