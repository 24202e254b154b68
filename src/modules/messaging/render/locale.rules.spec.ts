import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textFor, wantedLocale } from './locale.rules.js';

describe('wantedLocale', () => {
  test.each([
    ['zh', 'ja', 'es', 'en', 'zh'],
    ['zh', '', '', 'en', 'zh'],
    ['', 'ja', 'es', 'en', 'ja'],
    ['', '', 'es', 'pt-BR', 'es'],
    ['', '', '', 'pt-BR', 'pt-BR'],
  ])('of campaign %j, recipient %j, organization %j and source %j is %j', (...names) => {
    const [campaign, recipient, organization, source, wanted] = names;
    expect(wantedLocale({ campaign, recipient, organization, source })).toBe(wanted);
  });

  test('is the first that is named, whatever follows', () => {
    const locale = fc.constantFrom('', 'en', 'es', 'pt-BR', 'zh', 'ja');
    fc.assert(
      fc.property(locale, locale, locale, (campaign, recipient, organization) => {
        const named = [campaign, recipient, organization, 'en'].filter((each) => each !== '');
        expect(wantedLocale({ campaign, recipient, organization, source: 'en' })).toBe(named[0]);
      }),
    );
  });
});

describe('textFor', () => {
  const [source, spanish, japanese] = [{ locale: 'en' }, { locale: 'es' }, { locale: 'ja' }];
  const translations = [spanish, japanese];

  test.each([
    ['es', spanish],
    ['ja', japanese],
    ['en', source],
    ['zh', source],
    ['ES', source],
  ])('%j', (wanted, text) => {
    expect(textFor(wanted, source, translations)).toBe(text);
    expect(textFor(wanted, source, [])).toBe(source);
  });
});
