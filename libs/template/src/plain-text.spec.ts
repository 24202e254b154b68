import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compile, excerptsOf, placeholders } from './index.js';
import { plainText } from './plain-text.js';

const summaryOf = (markdown: string, locale: string): string => excerptsOf(markdown, locale).summary;
const previewOf = (markdown: string): string => excerptsOf(markdown, 'en-US').preview;

describe('plainText', () => {
  test.each([
    ['# Title #\n\nText', 'Title\nText'],
    ['Title\n=====\nText', 'Title\nText'],
    ['one\ntwo\n\nthree', 'one two\nthree'],
    ['- a\n- [x] b\n  1. c\n> d', 'a\nb\nc\nd'],
    ['**bold** _it_ ~~gone~~ ***both*** `co*de`', 'bold it gone both co*de'],
    ['snake_case 2 * 3 * 4 **open', 'snake_case 2 * 3 * 4 **open'],
    ['[text](https://x.example "t)t") ![alt](a(b)c) [no](a b)', 'text alt [no](a b)'],
    ['<https://x.example> &amp; &#65;&#x42; &bogus; &#0;', 'https://x.example & AB &bogus; \ufffd'],
    ['```js\nlet *a*\n```\nafter', 'let *a*\nafter'],
    ['| a | b |\n|---|:-:|\n| 1 | 2 |\n\nx | y', 'a b\n1 2\nx | y'],
    ['---\ntext\n***', 'text'],
    ['[ref]: https://x.example\ntext', 'text'],
    [String.raw`\*plain\* \<b>`, '*plain* <b>'],
    ['**a*b** *a **b* c**', 'a*b a b c'],
    ['one\\\ntwo  \nthree', 'one two three'],
    ['[a][b] [c]\n\n[b]: https://x.example', '[a][b] [c]'],
    ['https://x.example/a_b_c <ada@x.example>', 'https://x.example/a_b_c ada@x.example'],
    ['> a\n> - b\n>   c', 'a\nb c'],
    ['`` a`b `` ` ` `  x `', 'a`b x'],
    ['|a|\n|-|\n|x\\|y|', 'a\nx|y'],
    ['a {{pii}}x\n\ny{{/pii}} b', 'a ••• b'],
    ['a {{pii}}never closed', 'a •••'],
    ['```\n{{pii}}x{{/pii}}\n```', '•••'],
  ])('of %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });

  test('never shows what is between markers', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.constantFrom('`', '[', ']', '(', '~', '\n', ' ', '>') }),
        (a, b) => {
          fc.pre(!a.endsWith('\\') && !a.includes('{{pii}}'));
          expect(plainText(`${a}{{pii}}SECRET${b}{{/pii}}${b}`)).not.toContain('SECRET');
        },
      ),
    );
  });
});

describe('summaryOf and previewOf', () => {
  test('the summary is the first sentence of the first block', () => {
    expect(summaryOf('Please **read** this. Then act.', 'en-US')).toBe('Please read this.');
    expect(summaryOf('# Fire drill\n\nTomorrow at 10.', 'en-US')).toBe('Fire drill');
    expect(summaryOf('明日は休みです。来てください。', 'ja')).toBe('明日は休みです。');
    expect(summaryOf('', '')).toBe('');
  });

  test.each([
    ['Dear Dr. Meyer,\n\nthe office is closed. Stay home.', 'the office is closed.'],
    ['Dear Dr. Meyer, the office is closed. Stay home.', 'Dear Dr. Meyer, the office is closed.'],
    [
      'Please tell Prof. J. R. Smith and Mrs. Jones. Thanks.',
      'Please tell Prof. J. R. Smith and Mrs. Jones.',
    ],
    ['See https://x.example/?q=A%20B! and act. Now.', 'See https://x.example/?q=A%20B! and act.'],
    ['Open https://x.example/?Page=1&Q=2 today. Now.', 'Open https://x.example/?Page=1&Q=2 today.'],
    ['Hello Ada,\n\nthe **drill** is at 5 p.m. Monday. Bye.', 'the drill is at 5 p.m. Monday.'],
    ['Hi all!\n\nRead this.', 'Read this.'],
    ['Good morning Ada. Read this. Then act.', 'Read this.'],
    ['# Hello {{pii}}Ada{{/pii}}\n\nRead this.', 'Read this.'],
    ['Hello Ada.', 'Hello Ada.'],
    ['Hello,\n\nDear all,', 'Hello,'],
    ['Is it safe? No. Stay out.', 'Is it safe?'],
    ['No. It is not. Stay out.', 'No.'],
    ['Go to No. 5 at once. Run.', 'Go to No. 5 at once.'],
    ['Higher pay for all. Read on.', 'Higher pay for all.'],
    ['Hi-vis jackets are due. Read on.', 'Hi-vis jackets are due.'],
    ['こんにちは。\n\n明日は休みです。来てください。', '明日は休みです。'],
  ])('the summary of %j is %j', (markdown, summary) => {
    expect(summaryOf(markdown, 'en-US')).toBe(summary);
  });

  test.each([
    ['Sehr geehrte Frau Dr. Vogt,\n\nam 3. Mai ist frei. Bis bald.', 'am 3. Mai ist frei.'],
    ['Liebe Kolleginnen und Kollegen,\n\nbitte z.B. Helme tragen. Danke.', 'bitte z.B. Helme tragen.'],
    [
      'Liebe geht durch den Magen: Die Kantine hat neue Gerichte. Guten Appetit.',
      'Liebe geht durch den Magen: Die Kantine hat neue Gerichte.',
    ],
  ])('in German, the summary of %j is %j', (markdown, summary) => {
    expect(summaryOf(markdown, 'de-DE')).toBe(summary);
    if (!markdown.includes('3.')) expect(summaryOf(markdown, 'en-US')).toBe(summary);
  });

  test('the preview is the beginning, on one line', () => {
    expect(previewOf('# Fire drill\n\n- at **10**\n- at 11')).toBe('Fire drill at 10 at 11');
    expect(previewOf('Your pay: {{pii}}1\\.000{{/pii}}')).toBe('Your pay: •••');
  });

  test('neither takes part of a character', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(previewOf('é😀'.repeat(400))).toBe('é😀'.repeat(250));
    expect(previewOf('x'.repeat(497) + family)).toBe('x'.repeat(497));
    expect(previewOf('e\u0301'.repeat(400))).toBe('e\u0301'.repeat(250));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 450, maxLength: 700 }), (text) => {
        for (const cut of [summaryOf(text, 'en-US'), previewOf(text)]) {
          expect(cut.isWellFormed()).toBe(true);
          expect([...cut].length).toBeLessThanOrEqual(500);
        }
      }),
    );
  });

  test('a cluster without end is cut all the same', () => {
    expect([...previewOf('e' + '\u0301'.repeat(2000))]).toHaveLength(500);
  });
});

// Linear work on 50,000 hostile characters takes milliseconds, quadratic work minutes: the runner's own limit tells.
test.each([
  ...[
    '{{',
    '{{a',
    '{{{',
    '}}',
    '\\',
    '`',
    '` `` ',
    '[',
    '![',
    '[a](',
    '[a](b',
    '](',
    '*',
    '*a',
    '* *',
    '_a_',
    '<',
    '<a:',
    '<https:',
  ],
  ...[
    '<a@',
    '&',
    '&#',
    '>',
    '> ',
    '- ',
    '1. ',
    '#',
    '# ',
    '|',
    '|-',
    '~',
    '\n',
    ' \n',
    '{{pii}}',
    '{{/pii}}',
    '\\{{pii}}',
    '(((',
    'a(',
    '"',
  ],
])('reads 50,000 characters of %j in linear time', (unit) => {
  const body = unit.repeat(Math.ceil(50_000 / unit.length)).slice(0, 50_000);
  placeholders(body);
  const rendered = compile({ title: body, body, variables: [] }).render({
    audience: { a: body.slice(0, 10_000) },
  }).body;
  expect(typeof plainText(rendered)).toBe('string');
  expect(previewOf(rendered).length).toBeLessThanOrEqual(1000);
  expect(summaryOf(rendered, 'en-US').length).toBeLessThanOrEqual(1000);
});
