import type {
  AddedNode,
  AttributeChange,
  Attributes,
  Incremental,
  ReplayEvent,
  SnapshotNode,
  TextChange,
} from './event.js';

/** What no event may hold after masking. */
export const SECRET = 'hunter2-Wolpertinger';
const START = Date.parse('2026-11-30T12:00:00Z');

export function element(
  id: number,
  tagName: string,
  attributes: Attributes = {},
  ...childNodes: SnapshotNode[]
): SnapshotNode {
  return { type: 2, id, tagName, attributes, childNodes };
}

export function svg(id: number, tagName: string, attributes: Attributes = {}): SnapshotNode {
  return { type: 2, id, tagName, attributes, childNodes: [], isSVG: true };
}

export function text(id: number, textContent: string): SnapshotNode {
  return { type: 3, id, textContent };
}

/** A page whose body, with id 3, holds the nodes. */
export function page(...nodes: SnapshotNode[]): ReplayEvent {
  const body = element(3, 'body', {}, ...nodes);
  const node: SnapshotNode = { type: 0, id: 1, childNodes: [element(2, 'html', {}, body)] };
  return { type: 2, data: { node, initialOffset: { top: 0, left: 0 } }, timestamp: START };
}

export function happened(data: Incremental, afterMs = 1): ReplayEvent {
  return { type: 3, data, timestamp: START + afterMs };
}

interface Changes {
  texts?: TextChange[];
  attributes?: AttributeChange[];
  adds?: AddedNode[];
  removes?: { parentId: number; id: number }[];
}

export function changed({ texts = [], attributes = [], adds = [], removes = [] }: Changes): ReplayEvent {
  return happened({ source: 0, texts, attributes, adds, removes });
}

export function added(parentId: number, node: SnapshotNode): ReplayEvent {
  return changed({ adds: [{ parentId, nextId: null, node }] });
}

export function typed(id: number, value: string, isChecked = false): ReplayEvent {
  return happened({ source: 5, id, text: value, isChecked });
}
