import type { Element, Node } from '@xmldom/xmldom';
import { XmlError } from './xml-error.js';

/** The elements directly below that have this name in this namespace. */
export function childrenOf(parent: Element, namespace: string, name: string): Element[] {
  return elementsIn(parent).filter((child) => is(child, namespace, name));
}

/** The one such element below, or none. Where SAML has one, a second is a place to hide something in. */
export function childOf(parent: Element, namespace: string, name: string): Element | undefined {
  const [first, second] = childrenOf(parent, namespace, name);
  if (second) throw new XmlError('malformed', `${parent.nodeName} holds more than one ${name}.`);
  return first;
}

export function elementsIn(parent: Node): Element[] {
  return nodesIn(parent).filter(isElement);
}

export function nodesIn(parent: Node): Node[] {
  const nodes: Node[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) nodes.push(node);
  return nodes;
}

export function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

export function is(element: Element, namespace: string, name: string): boolean {
  return element.localName === name && element.namespaceURI === namespace;
}

/** An attribute without a namespace; the empty string is a value. */
export function attributeOf(element: Element, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}

/** The text of an element that holds nothing but text. */
export function textOf(element: Element): string {
  return nodesIn(element)
    .map((node) => {
      if (node.nodeType === node.TEXT_NODE) return node.nodeValue ?? '';
      throw new XmlError('malformed', `${element.nodeName} holds more than text.`);
    })
    .join('');
}
