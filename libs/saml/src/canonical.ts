import type { Attribute, Element } from '@xmldom/xmldom';
import { isElement, nodesIn } from './element.js';

/** Namespaces by prefix; the default one is that of the empty prefix, and no namespace the empty text. */
type Bindings = ReadonlyMap<string, string>;

const IN_TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const IN_ATTRIBUTE: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/**
 * The element by Exclusive XML Canonicalization 1.0, without comments. The prefixes are its InclusiveNamespaces: their
 * declarations are part of it even where they stand further up.
 *
 * Our own, because xml-crypto's differs from the specification where honest documents notice (#default, the order of
 * prefixes and attributes, a default namespace that ends) and writes namespaces without escaping them.
 */
export function canonicalOf(element: Element, inclusivePrefixes: readonly string[]): string {
  const inclusive = inclusivePrefixes.map((prefix) => (prefix === '#default' ? '' : prefix));
  return written(element, inclusive, inclusive.length === 0 ? new Map() : inherited(element), new Map());
}

/** `inScope` is followed for inclusive prefixes only; `rendered` is what the elements around have declared. */
function written(
  element: Element,
  inclusive: readonly string[],
  inScope: Bindings,
  rendered: Bindings,
): string {
  const all = Array.from(element.attributes);
  const attributes = all.filter((attribute) => !isDeclaration(attribute));
  const scope = inclusive.length === 0 ? inScope : new Map([...inScope, ...declaredBy(all)]);
  const needed = new Map(inclusive.map((prefix) => [prefix, scope.get(prefix) ?? '']));
  // An attribute without a prefix is in no namespace, whatever the default one is.
  for (const { prefix, namespaceURI } of [element, ...attributes.filter((attribute) => attribute.prefix)]) {
    needed.set(prefix ?? '', namespaceURI ?? '');
  }
  needed.delete('xml');
  const missing = [...needed]
    .filter(([prefix, uri]) => (rendered.get(prefix) ?? '') !== uri)
    .sort(([a], [b]) => byCodePoint(a, b));
  const declarations = missing.map(([prefix, uri]) => pair(prefix === '' ? 'xmlns' : `xmlns:${prefix}`, uri));
  const pairs = attributes.sort(byNamespace).map(({ name, value }) => pair(name, value));
  const around = missing.length === 0 ? rendered : new Map([...rendered, ...missing]);
  const inside = nodesIn(element).map((node) => {
    if (isElement(node)) return written(node, inclusive, scope, around);
    return node.nodeType === node.COMMENT_NODE ? '' : escaped(node.nodeValue ?? '', /[&<>\r]/g, IN_TEXT);
  });
  const { nodeName } = element;
  return `<${nodeName}${declarations.join('')}${pairs.join('')}>${inside.join('')}</${nodeName}>`;
}

/** What the elements above declare; the nearest declaration counts. */
function inherited(element: Element): Bindings {
  const { parentNode } = element;
  if (!parentNode || !isElement(parentNode)) return new Map();
  return new Map([...inherited(parentNode), ...declaredBy(Array.from(parentNode.attributes))]);
}

function declaredBy(attributes: readonly Attribute[]): [prefix: string, uri: string][] {
  return attributes
    .filter(isDeclaration)
    .map(({ name, value }) => [name === 'xmlns' ? '' : name.slice('xmlns:'.length), value]);
}

function isDeclaration({ name }: Attribute): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function byNamespace(a: Attribute, b: Attribute): number {
  return byCodePoint(a.namespaceURI ?? '', b.namespaceURI ?? '') || byCodePoint(a.localName, b.localName);
}

/** Which UTF-8 keeps, and UTF-16 does not. */
function byCodePoint(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function pair(name: string, value: string): string {
  return ` ${name}="${escaped(value, /[&<"\t\n\r]/g, IN_ATTRIBUTE)}"`;
}

function escaped(text: string, special: RegExp, by: Readonly<Record<string, string>>): string {
  return text.replace(special, (character) => by[character] ?? character);
}
