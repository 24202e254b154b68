import { describe, expect, test } from '@jest/globals';
import type { Tile, TileDraft } from './board.js';
import {
  boardNotFound,
  byAge,
  reconciled,
  refuseBoardOverLimit,
  refuseEqualTitles,
  refuseIds,
  refuseStaleVersion,
  refuseTooLarge,
  type SaveRules,
} from './board.rules.js';

const draft = (title = '', body = 'x'): TileDraft => ({
  title,
  description: '',
  content: { type: 'markdown', body },
  view: 'none',
  look: {},
  position: undefined,
});
const tile = (id: string, title = ''): Tile => ({
  ...(JSON.parse(JSON.stringify(draft(title))) as TileDraft),
  id,
  createdAt: 1,
  updatedAt: 1,
});
const sent = (id: string, title = '') => ({ id, draft: () => draft(title) });
const strict: SaveRules = { takesUnknownIds: false, repeatedId: boardNotFound, uniqueTitles: true };

describe('ids', () => {
  test('that the board does not have are refused, or taken', () => {
    expect(refuseIds([sent('b')], [tile('a')], strict)?.reason).toBe('DASHBOARD_TILE_NOT_FOUND');
    expect(refuseIds([sent('b')], [tile('a')], { ...strict, takesUnknownIds: true })).toBeUndefined();
    expect(refuseIds([sent(''), sent('')], [], strict)).toBeUndefined();
  });

  test('that are sent twice are refused, also when both are new', () => {
    const rules = { ...strict, takesUnknownIds: true };
    expect(refuseIds([sent('a'), sent('a')], [], rules)?.reason).toBe('DASHBOARD_NOT_FOUND');
  });
});

test('titles that look alike are refused, and empty ones are not', () => {
  expect(refuseEqualTitles([draft('Users'), draft(' USERS'.trim())])?.reason).toBe(
    'DASHBOARD_TILE_NAME_CONFLICT',
  );
  expect(refuseEqualTitles([draft(), draft(), draft('a'), draft('b')])).toBeUndefined();
});

test('the version that a caller has seen has to be that of the board', () => {
  expect(refuseStaleVersion(3, 2)).toMatchObject({ kind: 'aborted', reason: 'DASHBOARD_CHANGED' });
  expect(refuseStaleVersion(3, 3)).toBeUndefined();
  expect(refuseStaleVersion(3, undefined)).toBeUndefined();
});

describe('the tiles of a save', () => {
  const steps = { now: 5, newId: () => 'new' };

  test('are the known ones and the new ones, in the order of the request', () => {
    expect(reconciled([sent('', 'n'), sent('b'), sent('own')], [tile('a'), tile('b')], steps)).toMatchObject([
      { id: 'new', createdAt: 5, updatedAt: 5 },
      { id: 'b', createdAt: 1, updatedAt: 1 },
      { id: 'own', createdAt: 5, updatedAt: 5 },
    ]);
  });

  test('change their time with their content only', () => {
    expect(reconciled([sent('a', 'other')], [tile('a')], steps)).toMatchObject([
      { createdAt: 1, updatedAt: 5 },
    ]);
  });

  test('are stored as they were, and new ones behind', () => {
    const stored = [tile('a'), tile('b')];
    expect(byAge([tile('n'), tile('b'), tile('m'), tile('a')], stored).map(({ id }) => id)).toEqual([
      'a',
      'b',
      'n',
      'm',
    ]);
  });
});

describe('a project holds', () => {
  const large = (bytes: number): TileDraft => draft('', 'x'.repeat(bytes));

  test('a hundred boards', () => {
    expect(refuseBoardOverLimit({ boards: 99, bytes: 0 })).toBeUndefined();
    expect(refuseBoardOverLimit({ boards: 100, bytes: 0 })?.reason).toBe('DASHBOARD_LIMIT');
  });

  test('tiles of a bounded size, one by one, on a board and in all', () => {
    const none = { boards: 0, bytes: 0 };
    expect(refuseTooLarge([large(1_000_000)], none)).toBeUndefined();
    expect(refuseTooLarge([large(600_000), large(600_000)], none)?.reason).toBe('DASHBOARD_TOO_LARGE');
    expect(refuseTooLarge([large(900_000)], { boards: 9, bytes: 7_900_000 })?.reason).toBe(
      'DASHBOARD_TOO_LARGE',
    );
    const spec = { events: 'x'.repeat(70_000) };
    const question: TileDraft = { ...draft(), content: { type: 'insight', contract: 'shipped', spec } };
    expect(refuseTooLarge([draft(), question], none)?.details.violations).toMatchObject([
      { field: 'tiles[1].insight' },
    ]);
  });
});
