import { describe, expect, test } from '@jest/globals';
import type { PropertyValue } from '../../event/index.js';
import { inOwnWords } from './own-words.rules.js';

function told(sent: Record<string, string>): Record<string, unknown> {
  const properties = new Map<string, PropertyValue>(
    Object.entries(sent).map(([name, value]) => [name, { type: 'string', value }]),
  );
  inOwnWords(properties);
  return Object.fromEntries([...properties].map(([name, { value }]) => [name, value]));
}

describe('what another product calls', () => {
  test.each([
    ['Mac OS X', 'macOS'],
    ['Macintosh', 'macOS'],
    ['Mac', 'macOS'],
    ['iPhone OS', 'iOS'],
    ['Apple iPhone', 'iOS'],
    ['Windows', 'Windows'],
    ['Plan 9', 'Plan 9'],
  ])('a system %s is %s', (name, own) => {
    expect(told({ $os: name })).toEqual({ $os: own });
  });

  test.each([
    ['Desktop', { $device: 'desktop' }],
    ['mobile', { $device: 'mobile' }],
    ['Windows', { $device: 'desktop', device: 'Windows' }],
    ['Apple iPad', { $device: 'tablet', device: 'Apple iPad' }],
    ['android', { $device: 'mobile', device: 'android' }],
    ['OnePlus 6', { device: 'OnePlus 6' }],
  ])('a device %s', (name, own) => {
    expect(told({ $device: name })).toEqual(own);
  });

  test.each([
    ['se', { $country: 'SE' }],
    ['Sweden', { $country: 'SE', country_name: 'Sweden' }],
    ['Türkiye', { $country: 'TR', country_name: 'Türkiye' }],
    ['Turkey', { $country: 'TR', country_name: 'Turkey' }],
    ['Atlantis', { country_name: 'Atlantis' }],
  ])('a country %s', (name, own) => {
    expect(told({ $country: name })).toEqual(own);
  });

  test.each([
    ['en-US', { $locale: 'en-US' }],
    ['zh_Hant_TW', { $locale: 'zh_Hant_TW' }],
    ['English', { language: 'English' }],
  ])('a language %s', (name, own) => {
    expect(told({ $locale: name })).toEqual(own);
  });
});
