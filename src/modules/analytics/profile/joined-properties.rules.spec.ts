import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { changedByMerge, changedByUndo, partedProperties } from './joined-properties.rules.js';

test.each<[string, JsonObject, JsonObject, JsonObject[], JsonObject]>([
  ['what only the other had goes', { a: 1, b: 2 }, { b: 2 }, [{ a: 1 }], { a: 1 }],
  ['what both had stays', { a: { x: [1] } }, { a: { x: [1] } }, [{ a: { x: [1] } }], { a: { x: [1] } }],
  ['what the other covered comes back', { a: 'new' }, { a: 'new' }, [{ a: 'old' }], { a: 'old' }],
  ['what was told later stays', { a: 'later' }, { a: 'came' }, [{}], { a: 'later' }],
  ['the first of the rest counts', { a: 1 }, { a: 1 }, [{}, { a: 2 }, { a: 3 }], { a: 2 }],
  ['null is a value', { a: 1 }, { a: 1 }, [{ a: null }], { a: null }],
  ['names of Object are names', { toString: 1 }, { a: 1 }, [{}], { toString: 1 }],
])('%s', (_what, all, gone, rest, parted) => {
  expect(partedProperties(all, { gone, rest })).toEqual(parted);
});

test('a merge changes what one side lacked, and what both had differently', () => {
  const gone = { same: { x: 1 }, only: null, other: 'a', ['__proto__']: 1 };
  expect(changedByMerge(gone, { same: { x: 1 }, other: 'b', mine: 2 })).toEqual({
    gained: { only: null, ['__proto__']: 1 },
    kept: { other: 'b' },
  });
});

test('an undo changes values, and removes properties', () => {
  const changed = changedByUndo({ same: [1], was: 'a', gone: 1 }, { same: [1], was: null });
  expect(changed).toEqual({ changed: { was: null }, removed: ['gone'] });
});
