import type { Attributes, AttributeValue, CharacterNode, SnapshotNode } from './event.js';
import { nodeType } from './event.js';
import { type Fields, fields, flag, id, LeftOut, list, name, optional, type Reading } from './reading.js';

const attributeName = /^[A-Za-z_:][\w:.-]{0,99}$/;
const MOST_ATTRIBUTES = 500;

/** A node with everything below it, built from the fields that are known. */
export function readNode(value: unknown, reading: Reading, depth = 0): SnapshotNode {
  if (depth > reading.limits.depth) throw new LeftOut('too-deep');
  reading.countNode();
  const given = fields(value);
  const base = {
    id: id(given.id),
    rootId: optional(given.rootId, id),
    isShadow: flag(given.isShadow),
    isShadowHost: flag(given.isShadowHost),
  };
  const children = (): SnapshotNode[] =>
    list(given.childNodes, (child) => readNode(child, reading, depth + 1));
  switch (given.type) {
    case nodeType.document:
      return {
        ...base,
        type: nodeType.document,
        childNodes: children(),
        compatMode: given.compatMode === 'BackCompat' ? 'BackCompat' : undefined,
      };
    case nodeType.documentType:
      return {
        ...base,
        type: nodeType.documentType,
        name: name(given.name),
        publicId: name(given.publicId),
        systemId: name(given.systemId),
      };
    case nodeType.element:
      return {
        ...base,
        type: nodeType.element,
        tagName: name(given.tagName),
        attributes: readAttributes(fields(given.attributes), reading),
        childNodes: children(),
        isSVG: flag(given.isSVG),
        isCustom: flag(given.isCustom),
        needBlock: flag(given.needBlock),
      };
    case nodeType.text:
    case nodeType.cdata:
    case nodeType.comment:
      return { ...base, type: given.type, ...characters(given, reading) };
    default:
      throw new LeftOut('shape');
  }
}

function characters(given: Fields, reading: Reading): Pick<CharacterNode, 'textContent' | 'isStyle'> {
  return { textContent: reading.text(given.textContent), isStyle: flag(given.isStyle) };
}

function readAttributes(given: Fields, reading: Reading): Attributes {
  const entries = Object.entries(given);
  if (entries.length > MOST_ATTRIBUTES) throw new LeftOut('shape');
  const kept = entries.flatMap(([key, value]): [string, AttributeValue][] => {
    const read = isAttributeName(key) ? readAttribute(value, reading) : undefined;
    return read === undefined ? [] : [[key, read]];
  });
  return Object.fromEntries(kept);
}

/** A name that no browser's parser makes, or that means something to JavaScript, is no attribute. */
export function isAttributeName(key: string): boolean {
  return attributeName.test(key) && key !== '__proto__';
}

/** Undefined: left out. */
export function readAttribute(value: unknown, reading: Reading): AttributeValue | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const text = reading.text(value);
  if (!text.startsWith('data:') || text.length <= reading.limits.image) return text;
  reading.missingParts.add('image');
  return undefined;
}
