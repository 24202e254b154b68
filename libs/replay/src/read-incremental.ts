import type {
  AddedNode,
  AddedRule,
  AttributeChange,
  AttributeValue,
  Incremental,
  Mutation,
  Position,
  RemovedNode,
  StyleDeclaration,
  StyleSheetRule,
  StyleValues,
} from './event.js';
import { source } from './event.js';
import { isAttributeName, readAttribute, readNode } from './read-node.js';
import {
  boolean,
  type Fields,
  fields,
  flag,
  id,
  idOrNone,
  LeftOut,
  list,
  name,
  number,
  optional,
  type Reading,
} from './reading.js';

/** rrweb's number of a source that draws on a canvas. */
const CANVAS = 9;
/** Media, fonts and console output. */
const notKept = [7, 10, 11];

type Read = (given: Fields, reading: Reading) => Incremental;

const readers = new Map<unknown, Read>([
  [source.mutation, readMutation],
  ...([source.mouseMove, source.touchMove, source.drag] as const).map((kind): [number, Read] => [
    kind,
    (given) => ({ source: kind, positions: list(given.positions, readPosition) }),
  ]),
  [
    source.mouseInteraction,
    (given) => ({
      source: source.mouseInteraction,
      type: number(given.type),
      id: idOrNone(given.id),
      x: optional(given.x, number),
      y: optional(given.y, number),
      pointerType: optional(given.pointerType, number),
    }),
  ],
  [
    source.scroll,
    (given) => ({ source: source.scroll, id: idOrNone(given.id), x: number(given.x), y: number(given.y) }),
  ],
  [
    source.viewportResize,
    (given) => ({
      source: source.viewportResize,
      width: number(given.width),
      height: number(given.height),
    }),
  ],
  [
    source.input,
    (given, reading) => ({
      source: source.input,
      id: id(given.id),
      text: reading.text(given.text),
      isChecked: boolean(given.isChecked),
      userTriggered: optional(given.userTriggered, boolean),
    }),
  ],
  [source.styleSheetRule, readStyleSheetRule],
  [source.styleDeclaration, readStyleDeclaration],
  [
    source.selection,
    (given) => ({
      source: source.selection,
      ranges: list(given.ranges, (range) => readRange(fields(range))),
    }),
  ],
  [
    source.adoptedStyleSheet,
    (given, reading) => ({
      source: source.adoptedStyleSheet,
      id: id(given.id),
      styleIds: list(given.styleIds, id),
      styles: optional(given.styles, (styles) =>
        list(styles, (style) => ({
          styleId: id(fields(style).styleId),
          rules: list(fields(style).rules, (rule) => readRule(rule, reading)),
        })),
      ),
    }),
  ],
  [
    source.customElement,
    (given) => ({ source: source.customElement, define: { name: name(fields(given.define).name) } }),
  ],
]);

export function readIncremental(value: unknown, reading: Reading): Incremental {
  const given = fields(value);
  if (given.source === CANVAS) throw new LeftOut('canvas');
  if (notKept.includes(given.source as number)) throw new LeftOut('not-kept');
  const read = readers.get(given.source);
  if (!read) throw new LeftOut('shape');
  return read(given, reading);
}

function readMutation(given: Fields, reading: Reading): Mutation {
  return {
    source: source.mutation,
    texts: list(given.texts, (item) => {
      const { id: node, value } = fields(item);
      return { id: id(node), value: value === null ? null : reading.text(value) };
    }),
    attributes: list(given.attributes, (item) => readAttributeChange(fields(item), reading)),
    removes: list(given.removes, (item) => readRemoved(fields(item))),
    adds: list(given.adds, (item) => readAdded(fields(item), reading)),
    isAttachIframe: flag(given.isAttachIframe),
  };
}

function readAdded(given: Fields, reading: Reading): AddedNode {
  return {
    parentId: id(given.parentId),
    previousId: optional(given.previousId, id),
    nextId: optional(given.nextId, id) ?? null,
    node: readNode(given.node, reading),
  };
}

function readRemoved(given: Fields): RemovedNode {
  return { parentId: id(given.parentId), id: id(given.id), isShadow: flag(given.isShadow) };
}

function readAttributeChange(given: Fields, reading: Reading): AttributeChange {
  const entries = Object.entries(fields(given.attributes)).flatMap(
    ([key, value]): [string, AttributeValue | StyleValues][] => {
      if (!isAttributeName(key)) return [];
      const read =
        key === 'style' && isObject(value) ? readStyle(value, reading) : readAttribute(value, reading);
      return read === undefined ? [] : [[key, read]];
    },
  );
  return { id: id(given.id), attributes: Object.fromEntries(entries) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function readStyle(value: object, reading: Reading): StyleValues {
  const entries = Object.entries(fields(value)).map(([property, given]): [string, StyleValues[string]] => {
    if (given === false) return [name(property), false];
    if (!Array.isArray(given)) return [name(property), reading.text(given)];
    return [name(property), [reading.text(given[0]), name(given[1])]];
  });
  return Object.fromEntries(entries);
}

function readPosition(value: unknown): Position {
  const { x, y, id: node, timeOffset } = fields(value);
  return { x: number(x), y: number(y), id: idOrNone(node), timeOffset: number(timeOffset) };
}

function readRange({ start, startOffset, end, endOffset }: Fields) {
  return {
    start: idOrNone(start),
    startOffset: number(startOffset),
    end: idOrNone(end),
    endOffset: number(endOffset),
  };
}

/** The place of a rule, or the way to a nested one. */
function ruleIndex(value: unknown): number | number[] {
  return Array.isArray(value) ? list(value, number) : number(value);
}

function readRule(value: unknown, reading: Reading): AddedRule {
  const { rule, index } = fields(value);
  return { rule: reading.text(rule), index: optional(index, ruleIndex) };
}

function readStyleSheetRule(given: Fields, reading: Reading): StyleSheetRule {
  const text = (value: unknown): string => reading.text(value);
  return {
    source: source.styleSheetRule,
    id: optional(given.id, id),
    styleId: optional(given.styleId, id),
    adds: optional(given.adds, (adds) => list(adds, (rule) => readRule(rule, reading))),
    removes: optional(given.removes, (removes) =>
      list(removes, (rule) => ({ index: ruleIndex(fields(rule).index) })),
    ),
    replace: optional(given.replace, text),
    replaceSync: optional(given.replaceSync, text),
  };
}

function readStyleDeclaration(given: Fields, reading: Reading): StyleDeclaration {
  return {
    source: source.styleDeclaration,
    id: optional(given.id, id),
    styleId: optional(given.styleId, id),
    index: list(given.index, number),
    set: optional(given.set, (value) => {
      const set = fields(value);
      return {
        property: name(set.property),
        value: set.value === null ? null : reading.text(set.value),
        priority: optional(set.priority, name),
      };
    }),
    remove: optional(given.remove, (value) => ({ property: name(fields(value).property) })),
  };
}
