import { describe, expect, test } from '@jest/globals';
import {
  documentedName,
  documentedNames,
  promotedProperties,
  promotedProperty,
  storedName,
} from './property-names.js';

describe('the promoted properties', () => {
  test('are 26, each with a separate column', () => {
    expect(promotedProperties).toHaveLength(26);
    expect(new Set(promotedProperties.map(({ property }) => property)).size).toBe(26);
    expect(new Set(promotedProperties.map(({ column }) => column)).size).toBe(26);
  });

  test.each(['country', '$Country', '$geo.country', '', 'constructor', '__proto__'])(
    '%j is not promoted',
    (name) => {
      expect(promotedProperty(name)).toBeUndefined();
    },
  );

  test('are found by their stored name', () => {
    expect(promotedProperty('$utmSource')).toEqual({
      property: '$utmSource',
      column: 'utm_source',
      storage: 'text',
    });
  });
});

describe('the names of the documented contract', () => {
  test('lead to promoted properties and back', () => {
    for (const [documented, stored] of documentedNames) {
      expect(promotedProperty(stored)).toBeDefined();
      expect(storedName(documented)).toBe(stored);
      expect(documentedName(stored)).toBe(documented);
    }
  });

  test.each(['$browser', '$url', 'plan', 'toString', '__proto__', ''])('leave %j as it is', (name) => {
    expect(storedName(name)).toBe(name);
    expect(documentedName(name)).toBe(name);
  });
});
