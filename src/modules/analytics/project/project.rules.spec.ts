import { describe, expect, test } from '@jest/globals';
import {
  changesOf,
  isErasedForGood,
  keepsShorter,
  refuseConfirmation,
  refuseIngestPath,
  refuseKeyOverLimit,
  refuseProjectOverLimit,
} from './project.rules.js';

describe('a retention is shorter', () => {
  test.each<[number | null, number | null, boolean]>([
    [null, 30, true],
    [31, 30, true],
    [30, 30, false],
    [30, 31, false],
    [30, null, false],
    [null, null, false],
  ])('after %j: %j is %j', (before, after, shorter) => {
    expect(keepsShorter(before, after)).toBe(shorter);
  });
});

test('a path for events is one that the operator allows, or none', () => {
  expect(refuseIngestPath('', [])).toBeUndefined();
  expect(refuseIngestPath('collect', ['collect'])).toBeUndefined();
  expect(refuseIngestPath('collect', [])?.details.violations).toMatchObject([{ field: 'ingest_path' }]);
  expect(refuseIngestPath('Collect', ['collect'])?.kind).toBe('invalid_argument');
});

test('a deletion is confirmed by the exact name', () => {
  expect(refuseConfirmation('Site', 'Site')).toBeUndefined();
  expect(refuseConfirmation('site', 'Site')?.details.violations).toMatchObject([
    { field: 'confirmation_name' },
  ]);
});

test('the hundredth project and the fiftieth key are the last', () => {
  expect(refuseProjectOverLimit(99)).toBeUndefined();
  expect(refuseProjectOverLimit(100)).toMatchObject({ kind: 'resource_exhausted', reason: 'PROJECT_LIMIT' });
  expect(refuseKeyOverLimit(49)).toBeUndefined();
  expect(refuseKeyOverLimit(50)).toMatchObject({ kind: 'resource_exhausted', reason: 'PROJECT_KEY_LIMIT' });
});

test('the trail gets what has changed, and only that', () => {
  const before = {
    name: 'Site',
    zone: 'UTC',
    retentionDays: 30,
    mergeIdentities: true,
    eventsPerSecond: null,
    ingestPath: '',
  };
  expect(changesOf(before, { ...before })).toEqual({});
  const after = { ...before, zone: 'Asia/Kolkata', retentionDays: null, mergeIdentities: false };
  expect(changesOf(before, after)).toEqual({
    zone: 'Asia/Kolkata',
    retention_days: '',
    merge_identities: 'false',
  });
});

test('a deleted project is erased for good when no accepted batch can follow', () => {
  const deletedAt = new Date('2026-01-01T00:00:00Z');
  expect(isErasedForGood(deletedAt, new Date('2026-01-01T00:59:59Z'))).toBe(false);
  expect(isErasedForGood(deletedAt, new Date('2026-01-01T01:00:00Z'))).toBe(true);
});
