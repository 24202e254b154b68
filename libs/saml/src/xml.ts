import type { Element } from '@xmldom/xmldom';
import { DOMParser } from '@xmldom/xmldom';
import { SaxesParser } from 'saxes';
import { isElement, nodesIn } from './element.js';
import { DEEPEST, MOST_ELEMENTS } from './limits.js';
import { XmlError } from './xml-error.js';

const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:\S+$/i;

/**
 * Parses a document without DOCTYPE and processing instructions, and returns its root. A strict parser reads the text
 * first: xmldom, which xml-crypto is built on, forgives what others would read differently (tags that are never closed,
 * a second root), and such a difference is what forged signatures hide in.
 */
export function parseXml(xml: string, largest: number): Element {
  if (xml.length > largest) throw new XmlError('too_large', 'The document is too large to be read.');
  refuseUnusual(xml);
  const fail = (message: string): never => {
    throw new XmlError('malformed', `The document is not well-formed: ${message}`);
  };
  const document = new DOMParser({
    errorHandler: { warning: fail, error: fail, fatalError: fail },
    locator: {},
  }).parseFromString(xml, 'text/xml');
  const [root, ...others] = nodesIn(document).filter(isElement);
  return root && others.length === 0 ? root : fail('it needs exactly one root.');
}

function refuseUnusual(xml: string): void {
  const parser = new SaxesParser({ xmlns: true, position: false });
  let depth = 0;
  let count = 0;
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
  parser.on('opentag', ({ ns }) => {
    depth += 1;
    count += 1;
    if (depth > DEEPEST || count > MOST_ELEMENTS) {
      throw new XmlError('too_large', 'The document has too many elements.');
    }
    for (const uri of Object.values(ns)) refuseRelative(uri);
  });
  parser.on('closetag', () => {
    depth -= 1;
  });
  parser.write(xml).close();
}

/** Canonicalization of relative namespaces is undefined: libraries fail or differ, and sign nothing at all. */
function refuseRelative(uri: string): void {
  if (uri === '' || ABSOLUTE_URI.test(uri)) return;
  throw new XmlError('relative_namespace', 'The document declares a namespace with a relative URI.');
}
