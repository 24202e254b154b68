import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanName, nameKey, readName } from './name.js';

describe('a name is refused', () => {
  test.each([
    ['blanks alone', '   '],
    ['a zero-width space alone', '\u200B'],
    ['a Hangul filler', '\u3164'],
    ['a blank Braille pattern', '\u2800'],
    ['a combining mark alone', '\u0301'],
    ['an escape', 'HR\u001B[2J'],
    ['NUL', 'HR\0'],
    ['text that runs backwards', 'HR\u202Egpj.exe'],
    ['an isolate', 'HR\u2066x\u2069'],
    ['an Arabic letter mark', 'HR\u061C'],
    ['a soft hyphen', 'Ware\u00ADhouse'],
    ['a byte order mark', '\uFEFFWarehouse'],
    ['a joiner between Latin letters', 'Ware\u200Dhouse'],
    ['a non-joiner between Latin letters', 'Ware\u200Chouse'],
    ['a joiner behind an emoji', 'Team 👩\u200D'],
    ['two non-joiners in a Persian word', 'می\u200C\u200Cخواهم'],
    ['a variation selector on a letter', 'A\uFE0F'],
    ['a tag without a flag', 'A\u{E0041}'],
    ['half a character', 'A\uD83D'],
    ['a noncharacter', 'A\uFFFE'],
  ])('%s', (_what, given) => expect(readName(given).problem).toMatch(/^must /));

  test('with the character that is wrong', () => {
    expect(readName('HR\u202E').problem).toContain('U+202E');
  });
});

describe('a name is kept', () => {
  test.each([
    ['without blanks around it, with one between words', ' \tWarehouse  \u00A0 North \n', 'Warehouse North'],
    ['on one line', 'HR\r\n\u2028Team', 'HR Team'],
    ['in NFC', 'Cafe\u0301', 'Café'],
    [
      'with emoji of several characters',
      'Eltern 👩🏽\u200D👧\u200D👦 ❤️\u200D🔥',
      'Eltern 👩🏽\u200D👧\u200D👦 ❤️\u200D🔥',
    ],
    [
      'with a flag of a nation’s part and a key cap',
      '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} 1\uFE0F\u20E3',
      '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} 1\uFE0F\u20E3',
    ],
    ['in Persian, with its non-joiner', 'تیم می\u200Cخواهم', 'تیم می\u200Cخواهم'],
    ['in Sinhala, with its joiner', 'ශ්\u200Dරී ලංකා', 'ශ්\u200Dරී ලංකා'],
    ['in Hindi, with its non-joiner', 'श्री राजेन\u094D\u200Cद्र', 'श्री राजेन\u094D\u200Cद्र'],
    ['in Japanese, with the variant of a family’s name', '葛\u{E0100}城市', '葛\u{E0100}城市'],
    ['in Hebrew', 'צוות צפון', 'צוות צפון'],
    ['when it is empty: that is another rule’s business', '', ''],
  ])('%s', (_what, given, text) => expect(readName(given)).toEqual({ text }));

  test('as it is, once it was read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        const { text } = readName(given);
        if (text !== undefined) expect(readName(text)).toEqual({ text });
      }),
    );
  });
});

test('what programs send is cleaned into a name that can be read, or nothing', () => {
  expect(cleanName(' Ro\u200Bsa\r\nMiller\u202E ')).toBe('Rosa Miller');
  expect(cleanName(' \u200B\u0301 ')).toBe('');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (given) => {
      const name = cleanName(given);
      expect(readName(name)).toEqual({ text: name });
    }),
  );
});

test.each([
  ['case', 'Warehouse', 'WAREHOUSE'],
  ['composition', 'Café', 'Cafe\u0301'],
  ['sharp s and two of them', 'Straße', 'STRASSE'],
  ['the small sigmas', 'ΟΔΟΣ', 'οδος'],
  ['Cyrillic case', 'Склад', 'СКЛАД'],
  ['a joiner that is spelled', 'می\u200Cخواهم', 'میخواهم'],
  ['the look of an emoji', '❤️', '❤'],
])('%s makes no other name', (_what, one, other) => expect(nameKey(one)).toBe(nameKey(other)));

test('other letters make another name', () => {
  expect(nameKey('Müller')).not.toBe(nameKey('Muller'));
});
