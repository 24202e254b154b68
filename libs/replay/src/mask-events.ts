import { safeAttribute } from './attributes.js';
import { inertCss, inertValue } from './css.js';
import {
  type AddedRule,
  type AdoptedStyleSheet,
  type AttributeChange,
  eventType,
  type Incremental,
  type Input,
  type Mutation,
  type ReplayEvent,
  type Selection,
  source,
  type StyleDeclaration,
  type StyleSheetRule,
  type StyleValues,
  type TextChange,
} from './event.js';
import { KnownNodes } from './known-nodes.js';
import { markersAfter } from './markers.js';
import { maskCharacters, maskNode, outside } from './mask-node.js';
import { maskValue } from './mask-text.js';
import { isButtonType, isCustomName, kind } from './node-kind.js';
import { pageUrl } from './page-url.js';

export interface Masked {
  events: ReplayEvent[];
  /** What the next chunk of the session needs: which nodes there are, and which of them are masked. */
  known: Uint8Array;
}

/**
 * Masks what a recorder should have masked, and takes away what could act or load in a replay. `known`: what the chunk
 * before returned; without it, texts and attributes of nodes that these events do not add are masked.
 */
export function maskEvents(events: readonly ReplayEvent[], known?: Uint8Array): Masked {
  const nodes = known === undefined ? new KnownNodes() : KnownNodes.decode(known);
  const masking = new Masking(false, nodes);
  return { events: events.flatMap((event) => masking.mask(event)), known: nodes.encode() };
}

/** The same for events as they happen; `isAllMasked`: also what the page does not mark. */
export class Masking {
  /** What fields and masked texts show after the events before: a keystroke that changes nothing there tells a length. */
  private readonly shown = new Map<number, string>();

  constructor(
    private readonly isAllMasked = false,
    private readonly known = new KnownNodes(),
  ) {}

  /** None, or one. */
  mask(event: ReplayEvent): ReplayEvent[] {
    switch (event.type) {
      case eventType.fullSnapshot: {
        this.known.clear();
        this.shown.clear();
        return [
          {
            ...event,
            data: {
              ...event.data,
              node: maskNode(event.data.node, { ...outside, isMasked: this.isAllMasked }, this.known),
            },
          },
        ];
      }
      case eventType.incremental: {
        const data = this.incremental(event.data);
        return data ? [{ ...event, data }] : [];
      }
      case eventType.meta:
        return [{ ...event, data: { ...event.data, href: pageUrl(event.data.href) } }];
      default:
        return [event];
    }
  }

  private incremental(data: Incremental): Incremental | undefined {
    switch (data.source) {
      case source.mutation:
        return this.mutation(data);
      case source.input:
        return this.input(data);
      case source.selection:
        return this.isOpen(data) ? data : undefined;
      case source.styleSheetRule:
        return inertRules(data);
      case source.styleDeclaration:
        return inertDeclaration(data);
      case source.adoptedStyleSheet:
        return inertSheets(data);
      case source.customElement:
        return isCustomName(data.define.name) ? data : undefined;
      default:
        return data;
    }
  }

  /** In the order in which a replay applies them, markers first: rrweb reports texts as they stand after all changes. */
  private mutation({ removes, adds, texts, attributes, ...rest }: Mutation): Mutation | undefined {
    for (const { id } of removes) this.known.remove(id);
    const added = adds.map((add) => ({
      ...add,
      node: maskNode(add.node, this.below(add.parentId), this.known),
    }));
    for (const change of attributes) this.learn(change);
    const mutation: Mutation = {
      ...rest,
      removes,
      adds: added,
      texts: texts.flatMap((change) => this.textChange(change)),
      attributes: attributes.map((change) => this.attributeChange(change)),
    };
    const { texts: kept } = mutation;
    return removes.length + adds.length + kept.length + attributes.length > 0 ? mutation : undefined;
  }

  /** None, when it does not change what is shown of a text that is hidden. */
  private textChange({ id, value }: TextChange): TextChange[] {
    const around = this.around(id);
    const text = value === null ? null : maskCharacters(value, around);
    const isHidden = around.isMasked || around.parentKind === kind.removed;
    if (isHidden && this.shown.get(id) === text) return [];
    if (text !== null) this.shown.set(id, text);
    return [{ id, value: text }];
  }

  private isMasked(id: number): boolean {
    return this.isAllMasked || this.known.isMasked(id);
  }

  private below(parent: number) {
    return { parent, parentKind: this.known.kindOf(parent), isMasked: this.isMasked(parent) };
  }

  private around(id: number) {
    return { parentKind: this.known.parentKind(id), isMasked: this.isMasked(id) };
  }

  /** An input that has taken a value stays one, whatever type it gets. */
  private learn({ id, attributes }: AttributeChange): void {
    this.known.change(id, { markers: markersAfter(this.known.markersOf(id), attributes) });
    if (this.known.kindOf(id) === kind.button && 'type' in attributes && !isButtonType(attributes.type))
      this.known.change(id, { kind: kind.field });
  }

  private attributeChange({ id, attributes }: AttributeChange): AttributeChange {
    const host = { kind: this.known.kindOf(id), isMasked: this.isAllMasked || this.known.isMarked(id) };
    const entries = Object.entries(attributes).flatMap(
      ([name, value]): [string, AttributeChange['attributes'][string]][] => {
        const kept =
          typeof value === 'object' && value !== null ? inertStyle(value) : safeAttribute(host, name, value);
        return kept === undefined ? [] : [[name, kept]];
      },
    );
    return { id, attributes: Object.fromEntries(entries) };
  }

  /** Which box was ticked is an answer too. */
  private input(data: Input): Input | undefined {
    const text = maskValue(data.text);
    if (this.shown.get(data.id) === text) return undefined;
    this.shown.set(data.id, text);
    return { ...data, text, isChecked: false };
  }

  /** Offsets in a masked text tell its length. */
  private isOpen({ ranges }: Selection): boolean {
    return ranges.every(({ start, end }) => !this.isMasked(start) && !this.isMasked(end));
  }
}

function inertRule({ rule, index }: AddedRule): AddedRule {
  return { rule: inertCss(rule), index };
}

function inertRules(data: StyleSheetRule): StyleSheetRule {
  return {
    ...data,
    adds: data.adds?.map((rule) => inertRule(rule)),
    replace: data.replace === undefined ? undefined : inertCss(data.replace),
    replaceSync: data.replaceSync === undefined ? undefined : inertCss(data.replaceSync),
  };
}

function inertDeclaration(data: StyleDeclaration): StyleDeclaration {
  const { set } = data;
  if (!set) return data;
  return { ...data, set: { ...set, value: set.value === null ? null : inertValue(set.value) } };
}

function inertSheets(data: AdoptedStyleSheet): AdoptedStyleSheet {
  const styles = data.styles?.map((style) => ({
    ...style,
    rules: style.rules.map((rule) => inertRule(rule)),
  }));
  return { ...data, styles };
}

function inertStyle(values: StyleValues): StyleValues {
  const entries = Object.entries(values).map(([property, value]): [string, StyleValues[string]] => {
    if (value === false) return [property, false];
    return [property, Array.isArray(value) ? [inertValue(value[0]), value[1]] : inertValue(value)];
  });
  return Object.fromEntries(entries);
}
