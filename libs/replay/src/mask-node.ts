import { safeAttribute } from './attributes.js';
import { inertCss } from './css.js';
import {
  type Attributes,
  type CharacterNode,
  type ElementNode,
  nodeType,
  type SnapshotNode,
} from './event.js';
import { type KnownNodes, masksText } from './known-nodes.js';
import { markersAfter } from './markers.js';
import { maskMarked, maskText } from './mask-text.js';
import { canHostShadow, isCustomName, kind, kindOf, type NodeKind, REMOVED_TAG } from './node-kind.js';

/** What a node stands in. */
export interface Surroundings {
  parent: number;
  parentKind: NodeKind;
  isMasked: boolean;
}

export const outside: Surroundings = { parent: 0, parentKind: kind.document, isMasked: false };

/** The node with everything below it, masked and without what acts; `known` learns of it. */
export function maskNode(node: SnapshotNode, around: Surroundings, known: KnownNodes): SnapshotNode {
  switch (node.type) {
    case nodeType.document: {
      known.add(node.id, around.parent, kind.document, 0);
      const inside = { ...around, parent: node.id, parentKind: kind.document };
      const childNodes = node.childNodes.map((child) => maskNode(child, inside, known));
      // rrweb looks at the first child to tell how old a page is.
      return { ...node, childNodes, compatMode: childNodes.length > 0 ? node.compatMode : undefined };
    }
    case nodeType.documentType:
      known.add(node.id, around.parent, kind.other, 0);
      return { ...node, name: 'html', publicId: '', systemId: '' };
    case nodeType.element:
      return maskElement(node, around, known);
    case nodeType.text:
      known.add(node.id, around.parent, kind.text, 0);
      return { ...node, textContent: maskCharacters(node.textContent, around) };
    default:
      return maskOther(node, around, known);
  }
}

/** Comments hold what pages do not show. A document of HTML takes no CDATA: the replay would end there. */
function maskOther(node: CharacterNode, around: Surroundings, known: KnownNodes): CharacterNode {
  known.add(node.id, around.parent, kind.other, 0);
  return { ...node, type: nodeType.comment, textContent: '' };
}

/** Text of a text node. */
export function maskCharacters(text: string, { parentKind, isMasked }: Omit<Surroundings, 'parent'>): string {
  if (parentKind === kind.removed) return '';
  if (parentKind === kind.style || parentKind === kind.link) return inertCss(text);
  return isMasked ? maskText(text) : maskMarked(text);
}

function maskElement(node: ElementNode, around: Surroundings, known: KnownNodes): ElementNode {
  const nodeKind = kindOf(node);
  const markers = markersAfter(0, node.attributes);
  known.add(node.id, around.parent, nodeKind, markers);
  const isMarked = around.isMasked || markers !== 0;
  const tagName = nodeKind === kind.removed ? REMOVED_TAG : node.tagName;
  const isBlocked = node.needBlock === true || 'data-dovecote-block' in node.attributes;
  const inside = { parent: node.id, parentKind: nodeKind, isMasked: isMarked || masksText(nodeKind) };
  const element: ElementNode = {
    ...node,
    tagName,
    attributes: maskAttributes(node.attributes, nodeKind, isMarked),
    childNodes: isBlocked ? [] : node.childNodes.map((child) => maskNode(child, inside, known)),
  };
  if (nodeKind === kind.removed) element.isSVG = undefined;
  if (!isCustomName(tagName)) element.isCustom = undefined;
  if (!canHostShadow(tagName)) element.isShadowHost = undefined;
  return element;
}

function maskAttributes(attributes: Attributes, nodeKind: NodeKind, isMasked: boolean): Attributes {
  const entries = Object.entries(attributes).flatMap(([name, value]): [string, Attributes[string]][] => {
    const kept = safeAttribute({ kind: nodeKind, isMasked }, name, value);
    return kept === undefined ? [] : [[name, kept]];
  });
  return Object.fromEntries(entries);
}
