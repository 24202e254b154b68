import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inertCss } from './css.js';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

const lexical =
  /((?<![\w-])url\("(?:data:image\/|#)(?:[^"\\]|\\[^])*"\))|(\/\*[^]*?\*\/)|("(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|\\([0-9a-f]{1,6}[ \t\n\r\f]?|[^])|\\/gi;

/** What a browser may load: read without our tokenizer, by decoding everything first. */
function loads(css: string): string[] {
  const plain = css.replace(
    lexical,
    (_, kept?: string, comment?: string, string?: string, escaped?: string) => {
      if (kept ?? string) return '""';
      if (comment) return ';';
      const code = /^[0-9a-f]/i.test(escaped ?? '')
        ? parseInt(escaped ?? '', 16)
        : (escaped?.charCodeAt(0) ?? 0);
      const character = code < 0x80 ? String.fromCharCode(code) : 'x';
      return /[\w-]/.test(character) ? character : 'x';
    },
  );
  return (
    plain.match(
      /(?<![\w-])(?:url|src|image|(?:-\w+-)?image-set|cross-fade)\(|@(?:import|namespace)(?![\w\u0080-\uffff-])/gi,
    ) ?? []
  );
}

describe('a style sheet', () => {
  test.each([
    'body { color: red; content: "url(x)" }',
    `.a { background: url("${PIXEL}") }`,
    'path { fill: url("#gradient") } a:hover::before { content: "\u201c" }',
    '@media (min-width: 10px) { .md\\:flex { display: flex } } @font-face { font-family: "X" }',
    ':root { --gap: calc(1px + var(--x)); width: min(1px, 2px) }',
  ])('keeps what loads nothing: %s', (css) => {
    expect(inertCss(css)).toBe(css);
  });

  test.each([
    ['a { background: url(https://evil.example/x) }', 'a { background: none }'],
    ['a { background: URL( "//evil.example" ) no-repeat }', 'a { background: none no-repeat }'],
    [String.raw`a { background: \75rl(//evil.example) }`, 'a { background: none }'],
    [String.raw`a { background: u\000072 l(//evil.example) }`, 'a { background: none }'],
    ['a { background: url(/relative) }', 'a { background: none }'],
    ['a { background: url(data:text/html,x) }', 'a { background: none }'],
    [String.raw`a { \75@import "x";rl(//evil.example) }`, String.raw`a { \75/**/rl(//evil.example) }`],
    ['a { background: \u2003url(//evil.example) }', 'a { background: none }'],
    ['a { background: url(//evil.example', 'a { background: none/**/'],
    [
      'a { background: image-set("//evil.example" 1x, url(x) 2x); color: red }',
      'a { background: none; color: red }',
    ],
    ['a { background: -webkit-image-set(var(--x) 1x) }', 'a { background: none }'],
    ['a { background: src(var(--x)) }', 'a { background: none }'],
    ['@import "//evil.example"; a { color: red }', '/**/ a { color: red }'],
    ['@IMPORT url(//evil.example?;) screen; b {}', '/**/ b {}'],
    [String.raw`@\69mport "//evil.example";b {}`, '/**/b {}'],
    ['a { color: red } /* a secret */', 'a { color: red } /**/'],
    ['@font-face { src: url(font.woff2) format("woff2") }', '@font-face { src: none format("woff2") }'],
  ])('loses what loads something: %s', (css, inert) => {
    expect(inertCss(css)).toBe(inert);
    expect(loads(inertCss(css))).toEqual([]);
  });
});

const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('url(', 'u', 'rl(', 'src(', 'image-set(', '@import', '@im', 'port'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('"', "'", '\\', '/*', '*/', '/', '*', '(', ')', '{', '}', ';', '\n', ' '),
  },
  fc.constantFrom(
    '\\75',
    '\\72 ',
    '//evil.example',
    '#',
    '@',
    '-',
    '1',
    '\u00a0',
    '\ufffd',
    `url("${PIXEL}")`,
  ),
  fc.string({ maxLength: 3 }),
);
const hostile = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

describe('any text', () => {
  test('loads nothing', () => {
    fc.assert(
      fc.property(hostile, (css) => {
        expect(loads(inertCss(css))).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  test('loads nothing when a page puts it together from text nodes', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), (pieces) => {
        const nodes = pieces.map((css) => inertCss(css));
        const split = inertCss(pieces.join('/* rr_split */')).split('/* rr_split */');
        expect(loads(nodes.join(''))).toEqual([]);
        expect(loads(split.join(''))).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  test('is inert after one pass', () => {
    fc.assert(
      fc.property(hostile, (css) => {
        expect(inertCss(inertCss(css))).toBe(inertCss(css));
      }),
      { numRuns: 2_000 },
    );
  });
});
