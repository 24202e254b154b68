import { describe, expect, test } from '@jest/globals';
import type { RosterKind } from './roster.kind.js';
import type { Roster } from './roster.js';
import {
  peopleMetadata,
  refuseDeletion,
  refuseRemoval,
  refuseRenaming,
  refuseStrangers,
} from './roster.rules.js';

// Only these fields are read.
const kind = { word: 'team' } as RosterKind;
const roster = (isDefault: boolean): Roster => ({ isDefault, name: 'Everyone' }) as Roster;
const id = (index: number): string => `0190f0a0-0000-7000-8000-${String(index).padStart(12, '0')}`;

describe('the default team', () => {
  test.each([
    ['', undefined],
    ['Everyone', undefined],
    ['everyone', 'TEAM_IS_DEFAULT'],
    ['Sales', 'TEAM_IS_DEFAULT'],
  ])('called %j: %s', (name, reason) => {
    expect(refuseRenaming(kind, roster(true), name)?.reason).toBe(reason);
    expect(refuseRenaming(kind, roster(false), name)).toBeUndefined();
  });

  test('keeps its members and itself; another one need not', () => {
    for (const refuse of [refuseDeletion, refuseRemoval]) {
      expect(refuse(kind, roster(true))).toMatchObject({
        kind: 'failed_precondition',
        reason: 'TEAM_IS_DEFAULT',
      });
      expect(refuse(kind, roster(false))).toBeUndefined();
    }
  });
});

test('everybody who cannot be added is named, by where they stand', () => {
  const refusal = refuseStrangers([id(1), 'ada', id(2), ''], new Set([id(1)]));
  expect(refusal?.details.violations).toEqual([
    { field: 'user_ids[1]', description: expect.stringContaining('must be the id') },
    { field: 'user_ids[2]', description: expect.stringContaining('is not an invited or active member') },
    { field: 'user_ids[3]', description: expect.stringContaining('must be the id') },
  ]);
  expect(refuseStrangers([id(1)], new Set([id(1)]))).toBeUndefined();
  expect(refuseStrangers([], new Set())).toBeUndefined();
});

test.each([0, 1, 13, 14, 1_000])('the trail names all of %i people, in values that it can hold', (count) => {
  const ids = Array.from({ length: count }, (_, index) => id(index));
  const { count: said, ...values } = peopleMetadata(ids);
  expect(said).toBe(String(count));
  expect(Object.values(values).filter((value) => value.length > 500)).toEqual([]);
  expect(Object.values(values).flatMap((value) => value.split(','))).toEqual(ids);
});
