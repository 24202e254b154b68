import { expect, test } from '@jest/globals';
import { folderOf, isFolderName } from './shelf.rules.js';

test('a backup is found again by its folder, whose name is in the order of time', () => {
  const names = ['2026-12-01T02:30:00.999Z', '2026-12-01T11:00:00Z', '2027-01-01T00:00:00Z'].map((time) =>
    folderOf(new Date(time)),
  );
  expect(names[0]).toBe('dovecote-2026-12-01T02-30-00Z');
  expect([...names].sort()).toEqual(names);
  expect(names.every(isFolderName)).toBe(true);
});

test.each([
  '',
  'monday',
  'dovecote',
  'dovecote-2026',
  'dovecote-2026-12-01T02-30-00Z.old',
  'my-dovecote-2026-12-01T02-30-00Z',
])('a folder named %j is left alone', (name) => {
  expect(isFolderName(name)).toBe(false);
});
