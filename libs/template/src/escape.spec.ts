import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeMarkdown, normalizeValue } from './index.js';
import { plainText } from './plain-text.js';

/** Strings that are mostly markup. */
const hostile = fc.string({
  unit: fc.constantFrom(
    ...'\\`*_{}[]()<>#+-.!|~&=:@$^"\'/;,?%0123456789axw \t\n\r\u2028',
    '😀',
    'é',
    '\ud800',
    '\0',
  ),
});

describe('escapeMarkdown', () => {
  test.each([
    ['[x](http://evil.example)', String.raw`\[x\]\(http\://evil.example\)`],
    ['![x](y)', String.raw`\!\[x\]\(y\)`],
    ['<img src=x onerror=alert(1)>', String.raw`\<img src=x onerror=alert\(1\)\>`],
    ['# Fired', String.raw`\# Fired`],
    ['> quote', String.raw`\> quote`],
    ['- item', String.raw`\- item`],
    ['+ item', String.raw`\+ item`],
    ['12. item', String.raw`12\. item`],
    ['12) item', String.raw`12\) item`],
    ['---', String.raw`\---`],
    ['===', String.raw`\===`],
    ['```js', '\\`\\`\\`js'],
    ['~~~', String.raw`\~\~\~`],
    ['a | b', String.raw`a \| b`],
    ['&lt;b&gt;', String.raw`\&lt;b\&gt;`],
    ['WWW.evil.example', String.raw`WWW\.evil.example`],
    ['a@b.example', String.raw`a\@b.example`],
    ['trailing\\', String.raw`trailing\\`],
    ['  one\r\n\n# two\u2028three  ', String.raw`one \# two three`],
    ['\u202egnp.exe\0', 'gnp.exe'],
    ["O'Brien, 2026-01-31, 12.50 (50%)", String.raw`O'Brien, 2026-01-31, 12.50 \(50%\)`],
  ])('disarms %j', (value, escaped) => {
    expect(escapeMarkdown(value)).toBe(escaped);
  });

  test('leaves nothing that could be markup', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const bare = escapeMarkdown(value).replace(/\\[!-/:-@[-`{-~]/g, '§');
        expect(bare).not.toMatch(/[\\`*_{}[\]()<>#!|~&:@$^\n\r\t]|^[-+=.]|^\d{1,9}[.)]|\s$|^\s/);
      }),
    );
  });

  test.each(['%', 'Dear %, bye', '- %', '**Dear** %', '%%', '% & %'])(
    'never changes the visible text in %j',
    (frame) => {
      fc.assert(
        fc.property(hostile, (value) => {
          const shown = frame.replaceAll('- ', '').replaceAll('**', '');
          const expected = shown.split('%').join(normalizeValue(value)).replace(/ +/g, ' ').trim();
          expect(plainText(frame.split('%').join(escapeMarkdown(value)))).toBe(expected);
        }),
      );
    },
  );
});
