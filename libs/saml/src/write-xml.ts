import type { Document, Element } from '@xmldom/xmldom';
import { DOMImplementation, XMLSerializer } from '@xmldom/xmldom';
import { NS } from './names.js';

/** `[name, attributes, ...what is inside]`; absent attributes and contents are left out. */
export type Markup = readonly [
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...contents: (Markup | string | undefined)[],
];

const PREFIXES: Readonly<Record<string, string>> = {
  samlp: NS.protocol,
  saml: NS.assertion,
  md: NS.metadata,
  ds: NS.signature,
};

/** Escaping is the serializer's. */
export function writeXml(markup: Markup): string {
  const document = new DOMImplementation().createDocument(null, '', null);
  document.appendChild(elementFor(document, markup));
  return new XMLSerializer().serializeToString(document);
}

function elementFor(document: Document, [name, attributes, ...contents]: Markup): Element {
  const [prefix = ''] = name.split(':');
  const element = document.createElementNS(PREFIXES[prefix] ?? null, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  for (const content of contents) {
    if (content === undefined) continue;
    element.appendChild(
      typeof content === 'string' ? document.createTextNode(content) : elementFor(document, content),
    );
  }
  return element;
}
