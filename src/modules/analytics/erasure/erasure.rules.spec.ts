import { describe, expect, test } from '@jest/globals';
import { failedPrecondition } from '../../../platform/errors/index.js';
import {
  errorText,
  isGivenUp,
  subjectOf,
  subjectOfDistinctId,
  subjectOfExternalId,
} from './erasure.rules.js';

describe('what an erasure reaches', () => {
  test('is every id, those of the application apart from the others', () => {
    const ids = [
      { id: 'p1', namesProfile: true },
      { id: 'p2', namesProfile: true },
      { id: 'ann', namesProfile: true },
      { id: 'anon-1', namesProfile: false },
    ];
    expect(subjectOf(7, { profileIds: ['p1', 'p2'], externalId: 'ann', ids })).toEqual({
      project: 7,
      profileIds: ['p1', 'p2'],
      distinctIds: ['p1', 'p2', 'anon-1'],
      returningIds: ['ann'],
      externalId: 'ann',
      profileId: 'p1',
    });
  });

  test('has no external id where there is none', () => {
    expect(subjectOf(7, { profileIds: ['p1'], externalId: '', ids: [] }).externalId).toBeNull();
  });

  test('is one id of a person without a profile', () => {
    expect(subjectOfDistinctId(7, 'anon-1')).toMatchObject({ distinctIds: ['anon-1'], returningIds: [] });
    expect(subjectOfExternalId(7, 'ann')).toMatchObject({ distinctIds: [], returningIds: ['ann'] });
  });
});

test('an erasure is given up after twenty attempts', () => {
  expect([isGivenUp(19), isGivenUp(20)]).toEqual([false, true]);
});

test('the ledger repeats no internal error', () => {
  expect(errorText(new Error('connect ECONNREFUSED 10.0.0.1'))).toBe('Internal error.');
  expect(errorText(failedPrecondition('X', 'The store is away.'))).toBe('The store is away.');
});
