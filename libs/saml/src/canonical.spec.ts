import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalOf } from './canonical.js';
import { elementsIn, isElement, nodesIn } from './element.js';
import { parseXml } from './xml.js';

const parsed = (xml: string): ReturnType<typeof parseXml> => parseXml(xml, 100_000);

describe('the canonical form', () => {
  test.each([
    ['an empty element', '<a/>', '<a></a>'],
    ['comments and CDATA', '<a>x<!-- c --><![CDATA[<&]]></a>', '<a>x&lt;&amp;</a>'],
    ['characters of text', '<a>"\'&gt;&#13;&#9;\r\né\u2028😀</a>', '<a>"\'&gt;&#xD;\t\né\u2028😀</a>'],
    [
      'characters of attributes',
      `<a b='"&lt;>&#9;&#10;&#13;\t'/>`,
      '<a b="&quot;&lt;>&#x9;&#xA;&#xD; "></a>',
    ],
    ['attributes by name', '<a b="1" A="2" _c="3" a="4"/>', '<a A="2" _c="3" a="4" b="1"></a>'],
    [
      'attributes by namespace, then by name',
      '<a xmlns:q="urn:ab" xmlns:p="urn:a" q:c="1" p:bd="2" z="3" p:bb="4"/>',
      '<a xmlns:p="urn:a" xmlns:q="urn:ab" z="3" p:bb="4" p:bd="2" q:c="1"></a>',
    ],
    [
      'prefixes by code point',
      '<a xmlns:b="urn:1" xmlns:B="urn:2" xmlns:a_="urn:3" xmlns:a1="urn:4" b:x="" B:x="" a_:x="" a1:x=""/>',
      '<a xmlns:B="urn:2" xmlns:a1="urn:4" xmlns:a_="urn:3" xmlns:b="urn:1" b:x="" B:x="" a_:x="" a1:x=""></a>',
    ],
    ['code points beyond 16 bits', '<a \u{10400}="1" \uFF21="2"/>', '<a \uFF21="2" \u{10400}="1"></a>'],
    [
      'attributes that begin like declarations',
      '<a xmlns-b="1" xmlnsc="2"/>',
      '<a xmlns-b="1" xmlnsc="2"></a>',
    ],
    [
      'namespaces that nothing uses',
      '<a xmlns="urn:d" xmlns:u="urn:u" xml:lang="x"/>',
      '<a xmlns="urn:d" xml:lang="x"></a>',
    ],
    [
      'a namespace with special characters',
      '<p:a xmlns:p="urn:&quot;&gt;&lt;b&gt;&amp;"/>',
      '<p:a xmlns:p="urn:&quot;>&lt;b>&amp;"></p:a>',
    ],
    [
      'a default namespace that ends once',
      '<a xmlns="urn:d"><b xmlns=""><c/><d xmlns="urn:d"/></b></a>',
      '<a xmlns="urn:d"><b xmlns=""><c></c><d xmlns="urn:d"></d></b></a>',
    ],
    [
      'a prefix that is bound anew, and back',
      '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b><p:d/></p:a>',
      '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"></p:c></p:b><p:d></p:d></p:a>',
    ],
  ])('has %s', (_name, xml, canonical) => {
    expect(canonicalOf(parsed(xml), [])).toBe(canonical);
  });

  test.each([
    ['nothing of the surroundings', [], '<p:b xmlns:p="urn:p"><c></c></p:b>'],
    ['a prefix that is declared further up', ['o'], '<p:b xmlns:o="urn:o" xmlns:p="urn:p"><c></c></p:b>'],
    [
      'the nearest of its declarations',
      ['n'],
      '<p:b xmlns:n="urn:near" xmlns:p="urn:p"><c xmlns:n="urn:in"></c></p:b>',
    ],
    ['the default namespace', ['#default'], '<p:b xmlns="urn:d" xmlns:p="urn:p"><c xmlns=""></c></p:b>'],
    ['what is declared nowhere, and what always is', ['gone', 'xml'], '<p:b xmlns:p="urn:p"><c></c></p:b>'],
  ])('with inclusive prefixes has %s', (_name, prefixes, canonical) => {
    const xml =
      '<a xmlns="urn:d" xmlns:o="urn:o" xmlns:n="urn:far"><p:b xmlns:p="urn:p" xmlns:n="urn:near">' +
      '<c xmlns="" xmlns:n="urn:in"/></p:b></a>';
    const [inner] = elementsIn(parsed(xml));
    expect(canonicalOf(inner!, prefixes)).toBe(canonical);
  });

  test('says the same as the document, whatever the document says', () => {
    fc.assert(
      fc.property(tree, fc.subarray(['#default', 'p', 'q', 'xml']), (xml, prefixes) => {
        const canonical = canonicalOf(parsed(xml), prefixes);
        expect(canonicalOf(parsed(canonical), prefixes)).toBe(canonical);
        expect(meaning(parsed(canonical))).toEqual(meaning(parsed(xml)));
      }),
      { numRuns: 300 },
    );
  });
});

const uri = fc.constantFrom('urn:1', 'urn:2', 'urn:&quot;&lt;b>&amp;');
const prefix = fc.constantFrom('', 'p:', 'q:');
const words = fc.string({
  unit: fc.constantFrom('a', '&amp;', '&lt;', '&#13;', '&#10;', '&#9;', '\r', '\n', ' ', '😀', "'"),
});

/** Elements that all declare their prefixes, each in their own way. */
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc
    .tuple(
      prefix,
      uri,
      uri,
      fc.option(fc.oneof(uri, fc.constant(''))),
      prefix,
      words,
      fc.array(fc.oneof({ maxDepth: 4 }, words, tie('tree')), { maxLength: 3 }),
    )
    .map(([own, p, q, byDefault, other, value, inside]) => {
      const declared = byDefault === null ? '' : ` xmlns="${byDefault}"`;
      const attributes = ` b="${value}" ${other}c="${value}"`;
      return `<${own}a xmlns:p="${p}" xmlns:q="${q}"${declared}${attributes}>${inside.join('')}</${own}a>`;
    }),
}));

/** All that a reader sees: names with their namespaces, values, texts. */
function meaning(element: ReturnType<typeof parseXml>): unknown {
  const attributes = Array.from(element.attributes)
    .filter(({ name }) => !/^xmlns(:|$)/.test(name))
    .map(({ namespaceURI, localName, value }) => [namespaceURI ?? '', localName, value].join(' '));
  const inside = nodesIn(element).map((node) => (isElement(node) ? meaning(node) : node.nodeValue));
  return [element.namespaceURI ?? '', element.localName, attributes.sort(), inside];
}
