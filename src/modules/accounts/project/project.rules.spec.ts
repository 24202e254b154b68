import { describe, expect, test } from '@jest/globals';
import { oldestFirst, refuseNameless, refuseZone } from './project.rules.js';

test('a zone is refused under the name of the contract, if it is unknown', () => {
  expect(refuseZone('Mars/Olympus', undefined, 'timezone')?.details.violations?.[0]?.field).toBe('timezone');
  expect(refuseZone('', 'UTC', 'timezone')).toBeUndefined();
});

test('a name is refused that is present and empty', () => {
  expect(refuseNameless('')?.details.violations?.[0]?.field).toBe('display_name');
  expect(refuseNameless('Shop')).toBeUndefined();
});

describe('oldestFirst', () => {
  test('orders by the time, then by the id, and leaves the list as it is', () => {
    const at = (id: string, time: number) => ({ id, createdAt: new Date(time) });
    const given = [at('c', 2), at('b', 1), at('a', 1)];
    expect(oldestFirst(given).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(given[0]?.id).toBe('c');
  });
});
