/** What rrweb 2.1 records, as far as it is kept. The numbers are rrweb's. */
export const eventType = { domContentLoaded: 0, load: 1, fullSnapshot: 2, incremental: 3, meta: 4 } as const;

export const source = {
  mutation: 0,
  mouseMove: 1,
  mouseInteraction: 2,
  scroll: 3,
  viewportResize: 4,
  input: 5,
  touchMove: 6,
  styleSheetRule: 8,
  drag: 12,
  styleDeclaration: 13,
  selection: 14,
  adoptedStyleSheet: 15,
  customElement: 16,
} as const;

export const nodeType = { document: 0, documentType: 1, element: 2, text: 3, cdata: 4, comment: 5 } as const;

interface NodeBase {
  id: number;
  /** The document that holds the node, when it is not the page's. */
  rootId?: number;
  isShadow?: true;
  isShadowHost?: true;
}
interface DocumentNode extends NodeBase {
  type: 0;
  childNodes: SnapshotNode[];
  compatMode?: 'BackCompat';
}
interface DocumentTypeNode extends NodeBase {
  type: 1;
  name: string;
  publicId: string;
  systemId: string;
}
export type AttributeValue = string | number | boolean | null;
export type Attributes = Record<string, AttributeValue>;
export interface ElementNode extends NodeBase {
  type: 2;
  tagName: string;
  attributes: Attributes;
  childNodes: SnapshotNode[];
  isSVG?: true;
  isCustom?: true;
  needBlock?: boolean;
}
/** Text, CDATA and comments. */
export interface CharacterNode extends NodeBase {
  type: 3 | 4 | 5;
  textContent: string;
  isStyle?: true;
}
export type SnapshotNode = DocumentNode | DocumentTypeNode | ElementNode | CharacterNode;

/** Properties of a `style` attribute; false: removed; a pair: with its priority. */
export type StyleValues = Record<string, string | false | [string, string]>;
export interface AddedNode {
  parentId: number;
  previousId?: number | null;
  nextId: number | null;
  node: SnapshotNode;
}
export interface RemovedNode {
  parentId: number;
  id: number;
  isShadow?: true;
}
export interface TextChange {
  id: number;
  value: string | null;
}
export interface AttributeChange {
  id: number;
  attributes: Record<string, AttributeValue | StyleValues>;
}
export interface Mutation {
  source: 0;
  texts: TextChange[];
  attributes: AttributeChange[];
  removes: RemovedNode[];
  adds: AddedNode[];
  isAttachIframe?: true;
}
export interface Position {
  x: number;
  y: number;
  id: number;
  timeOffset: number;
}
interface PointerMove {
  source: 1 | 6 | 12;
  positions: Position[];
}
interface PointerInteraction {
  source: 2;
  /** rrweb's MouseInteractions: 2 is a click, 5 a focus, 7 the begin of a touch. */
  type: number;
  id: number;
  x?: number;
  y?: number;
  pointerType?: number;
}
interface Scroll {
  source: 3;
  id: number;
  x: number;
  y: number;
}
interface ViewportResize {
  source: 4;
  width: number;
  height: number;
}
export interface Input {
  source: 5;
  id: number;
  text: string;
  isChecked: boolean;
  userTriggered?: boolean;
}
export interface AddedRule {
  rule: string;
  index?: number | number[];
}
export interface StyleSheetRule {
  source: 8;
  id?: number;
  styleId?: number;
  adds?: AddedRule[];
  removes?: { index: number | number[] }[];
  replace?: string;
  replaceSync?: string;
}
export interface StyleDeclaration {
  source: 13;
  id?: number;
  styleId?: number;
  index: number[];
  set?: { property: string; value: string | null; priority?: string };
  remove?: { property: string };
}
interface SelectionRange {
  start: number;
  startOffset: number;
  end: number;
  endOffset: number;
}
export interface Selection {
  source: 14;
  ranges: SelectionRange[];
}
export interface AdoptedStyleSheet {
  source: 15;
  id: number;
  styleIds: number[];
  styles?: { styleId: number; rules: AddedRule[] }[];
}
interface CustomElement {
  source: 16;
  define: { name: string };
}
export type Incremental =
  | Mutation
  | PointerMove
  | PointerInteraction
  | Scroll
  | ViewportResize
  | Input
  | StyleSheetRule
  | StyleDeclaration
  | Selection
  | AdoptedStyleSheet
  | CustomElement;

interface LoadEvent {
  type: 0 | 1;
  data: Record<string, never>;
  timestamp: number;
}
interface FullSnapshotEvent {
  type: 2;
  data: { node: SnapshotNode; initialOffset: { top: number; left: number } };
  timestamp: number;
}
interface IncrementalEvent {
  type: 3;
  data: Incremental;
  timestamp: number;
}
interface MetaEvent {
  type: 4;
  data: { href: string; width: number; height: number };
  timestamp: number;
}
/** `timestamp`: milliseconds since 1970, by the clock of the recorded machine. */
export type ReplayEvent = LoadEvent | FullSnapshotEvent | IncrementalEvent | MetaEvent;
