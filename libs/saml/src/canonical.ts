import type { Element } from '@xmldom/xmldom';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { isElement } from './element.js';

interface Namespace {
  readonly prefix: string;
  readonly namespaceURI: string;
}

/**
 * The element by Exclusive XML Canonicalization 1.0, without comments. The prefixes are its InclusiveNamespaces: their
 * declarations are part of it even where they stand further up.
 */
export function canonicalOf(element: Element, inclusivePrefixes: readonly string[]): string {
  return new ExclusiveCanonicalization().process(element, {
    inclusiveNamespacesPrefixList: [...inclusivePrefixes],
    ancestorNamespaces: inclusivePrefixes.length === 0 ? [] : inherited(element),
  });
}

/** What the elements above declare and the element itself does not declare anew; the nearest declaration counts. */
function inherited(element: Element): Namespace[] {
  const found = new Map<string, string>();
  const own = new Set(declared(element).map(({ prefix }) => prefix));
  for (let above = element.parentNode; above && isElement(above); above = above.parentNode) {
    for (const { prefix, namespaceURI } of declared(above)) {
      if (!own.has(prefix) && !found.has(prefix)) found.set(prefix, namespaceURI);
    }
  }
  return [...found].map(([prefix, namespaceURI]) => ({ prefix, namespaceURI }));
}

function declared(element: Element): Namespace[] {
  return Array.from(element.attributes)
    .filter(({ prefix }) => prefix === 'xmlns')
    .map(({ localName, value }) => ({ prefix: localName, namespaceURI: value }));
}
