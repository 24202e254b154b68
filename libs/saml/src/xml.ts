import type { Document, Element, Node } from '@xmldom/xmldom';
import { DOMImplementation } from '@xmldom/xmldom';
import { SaxesParser } from 'saxes';
import type { SaxesTagNS } from 'saxes';
import { DEEPEST, MOST_ATTRIBUTES, MOST_ELEMENTS } from './limits.js';
import { XmlError } from './xml-error.js';

const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:\S+$/i;

/**
 * Parses a document without DOCTYPE and processing instructions, and returns its root. The parser is a strict one:
 * xmldom's own, whose nodes xml-crypto works on, forgives what others would read differently (tags that are never
 * closed, a second root), and such a difference is what forged signatures hide in.
 */
export function parseXml(xml: string, largest: number): Element {
  if (xml.length > largest) throw new XmlError('too_large', 'The document is too large to be read.');
  const document = new DOMImplementation().createDocument(null, '', null);
  const open: Element[] = [];
  let root: Element | undefined;
  let count = 0;
  // Outside of the root there are only line breaks and comments.
  const append = (node: Node): void => open.at(-1)?.appendChild(node);
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', (error) => {
    throw new XmlError('malformed', `The document is not well-formed: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw new XmlError('doctype', 'The document has a DOCTYPE.');
  });
  parser.on('processinginstruction', () => {
    throw new XmlError('processing_instruction', 'The document has a processing instruction.');
  });
  parser.on('xmldecl', ({ version, encoding = 'utf-8' }) => {
    if (version === '1.0' && encoding.toLowerCase() === 'utf-8') return;
    throw new XmlError('malformed', 'The document is not XML 1.0 in UTF-8.');
  });
  let attributes = 0;
  parser.on('opentagstart', () => void (attributes = 0));
  parser.on('attribute', () => {
    if (++attributes <= MOST_ATTRIBUTES) return;
    throw new XmlError('too_large', 'An element of the document has too many attributes.');
  });
  parser.on('opentag', (tag) => {
    count += 1;
    if (open.length === DEEPEST || count > MOST_ELEMENTS) {
      throw new XmlError('too_large', 'The document has too many elements.');
    }
    // As they are written: saxes takes blanks around them away.
    for (const { name, value } of Object.values(tag.attributes)) {
      if (name === 'xmlns' || name.startsWith('xmlns:')) refuseRelative(value);
    }
    const element = elementOf(tag, document);
    root ??= element;
    append(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => append(document.createTextNode(text)));
  parser.on('cdata', (text) => append(document.createCDATASection(text)));
  parser.on('comment', (text) => append(document.createComment(text)));
  // Harmless in front of the document, where editors and copying leave them.
  parser.write(xml.replace(/^[\uFEFF \t\r\n]+/, '')).close();
  if (root) return root;
  throw new XmlError('malformed', 'The document is not well-formed: it needs a root.');
}

function elementOf({ uri, name, attributes }: SaxesTagNS, document: Document): Element {
  const element = document.createElementNS(uri || null, name);
  for (const attribute of Object.values(attributes)) {
    element.setAttributeNS(attribute.uri || null, attribute.name, attribute.value);
  }
  return element;
}

/** Canonicalization of relative namespaces is undefined: libraries fail or differ, and sign nothing at all. */
function refuseRelative(uri: string): void {
  if (uri === '' || ABSOLUTE_URI.test(uri)) return;
  throw new XmlError('relative_namespace', 'The document declares a namespace with a relative URI.');
}
