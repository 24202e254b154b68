import { expect, test } from '@jest/globals';
import { normalizedLocale } from './locale.rules.js';

test.each([
  ['', ''],
  ['  ', ''],
  ['.UTF-8', ''],
  ['en', 'en'],
  ['EN', 'en'],
  ['en_us', 'en-US'],
  ['en-US', 'en-US'],
  ['EN-us', 'en-US'],
  [' de_at ', 'de-AT'],
  ['ZH_HANS_CN', 'zh-Hans-CN'],
  ['zh-hant', 'zh-Hant'],
  ['sr_latn_rs', 'sr-Latn-RS'],
  ['es_419', 'es-419'],
  ['sl-ROZAJ-biske', 'sl-rozaj-biske'],
  ['de-CH-1996', 'de-CH-1996'],
  ['de-DE-U-CO-PHONEBK', 'de-DE-u-co-phonebk'],
  ['en-x-TWAIN', 'en-x-twain'],
  ['x-KLINGON', 'x-klingon'],
  ['de_DE.UTF-8@euro', 'de-DE'],
  ['en_US_POSIX', 'en-US-posix'],
  ['yue', 'yue'],
  ['C', 'c'],
  ['日本', '日本'],
])('the locale %j is %j', (text, tag) => {
  expect(normalizedLocale(text)).toBe(tag);
});
