import { describe, expect, test } from '@jest/globals';
import type { EventSelector } from './insight-query.js';
import { refuseEqualSelectors, refuseManySelectors, refuseUnboundedSelectors } from './question.rules.js';

const any: EventSelector = { kind: '', filters: [] };
const view: EventSelector = { kind: 'view', filters: [] };
const proView: EventSelector = {
  kind: 'view',
  filters: [{ property: 'plan', source: 'event', operator: 'equals', value: 'pro' }],
};

describe('a step that stands for any event', () => {
  test('is refused, with its position', () => {
    expect(refuseUnboundedSelectors([view, any])).toMatchObject({
      kind: 'invalid_argument',
      reason: 'INVALID_INSIGHT_QUERY',
      message: 'invalid query parameters: event 2 needs a kind or a filter',
    });
  });

  test('is allowed with a kind or with a filter', () => {
    expect(refuseUnboundedSelectors([view, proView, { ...proView, kind: '' }])).toBeUndefined();
  });
});

describe('an event that is listed twice', () => {
  test('is refused when nothing distinguishes the two', () => {
    expect(refuseEqualSelectors([view, proView, view])?.message).toContain('event 3 repeats');
    expect(refuseEqualSelectors([proView, proView])?.reason).toBe('INVALID_INSIGHT_QUERY');
  });

  test('is allowed with another filter', () => {
    expect(refuseEqualSelectors([view, proView, { kind: 'buy', filters: [] }])).toBeUndefined();
  });
});

test('more than 50 events are refused', () => {
  const events = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...view, kind: `e${index}` }));
  expect(refuseManySelectors(events(51))).toMatchObject({ reason: 'INVALID_INSIGHT_QUERY' });
  expect(refuseManySelectors(events(50))).toBeUndefined();
});
