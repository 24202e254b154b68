/**
 * The part of @xmldom/xmldom that is used. tsconfig.json maps the package to this file, because its own
 * declarations add the browser's global types to the whole program.
 */
export interface Node {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly parentNode: Node | null;
  readonly firstChild: Node | null;
  readonly nextSibling: Node | null;
  readonly ELEMENT_NODE: 1;
  readonly TEXT_NODE: 3;
  readonly CDATA_SECTION_NODE: 4;
  readonly COMMENT_NODE: 8;
  appendChild(child: Node): void;
  removeChild(child: Node): void;
}

export interface Attribute {
  readonly name: string;
  readonly localName: string;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly value: string;
}

export interface Element extends Node {
  readonly localName: string;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly attributes: ArrayLike<Attribute>;
  hasAttribute(name: string): boolean;
  getAttribute(name: string): string;
  setAttribute(name: string, value: string): void;
  setAttributeNS(namespace: string | null, name: string, value: string): void;
}

export interface Document extends Node {
  createElementNS(namespace: string | null, name: string): Element;
  createTextNode(text: string): Node;
  createCDATASection(text: string): Node;
  createComment(text: string): Node;
}

export class DOMImplementation {
  createDocument(namespace: string | null, name: string, doctype: null): Document;
}

export class XMLSerializer {
  serializeToString(node: Node): string;
}
