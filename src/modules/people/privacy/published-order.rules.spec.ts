import { describe, expect, test } from '@jest/globals';
import { inBundleOrder, inCategoryOrder } from './published-order.rules.js';

describe('the published order', () => {
  test.each([
    [
      'that of the list, independent of the order of contribution',
      ['sessions', 'devices', 'profile'],
      ['profile', 'devices', 'sessions'],
    ],
    [
      'by name behind the list, for what is new',
      ['zebra', 'events', 'passkeys'],
      ['passkeys', 'events', 'zebra'],
    ],
    [
      'that of the organization',
      ['organization_events', 'roles', 'organization'],
      ['organization', 'roles', 'organization_events'],
    ],
  ])('of files is %s', (_what, contributed, expected) => {
    expect(inBundleOrder(contributed.map((name) => ({ name }))).map(({ name }) => name)).toEqual(expected);
  });

  test('of categories is their own', () => {
    const files = ['sessions', 'deliveries', 'groups', 'new', 'profile'].map((category) => ({ category }));
    const ordered = inCategoryOrder(files).map(({ category }) => category);
    expect(ordered).toEqual(['profile', 'groups', 'deliveries', 'sessions', 'new']);
  });
});
