import { kind, type NodeKind } from './node-kind.js';
import { VarintReader, VarintWriter } from './varint.js';

interface Known {
  /** 0: none. */
  parent: number;
  kind: NodeKind;
  markers: number;
}

const MOST_NODES = 100_000;
/** How far a question goes up: what a forged recording puts deeper, or in a circle, counts as masked. */
const DEEPEST = 1_000;
const VERSION = 1;
const kinds = new Set<number>(Object.values(kind));

function isKind(value: number): value is NodeKind {
  return kinds.has(value);
}

/** The nodes of a recorded page: which of them mask what is in them. A node that is not known is masked. */
export class KnownNodes {
  private readonly nodes = new Map<number, Known>();
  /** Answers since the last change: a mutation asks about many nodes in one place. */
  private readonly covering = new Map<number, boolean>();

  clear(): void {
    this.nodes.clear();
    this.covering.clear();
  }

  /** A node whose parent is not known does not become known. */
  add(id: number, parent: number, nodeKind: NodeKind, markers: number): void {
    const isKnown = this.nodes.has(id);
    if (isKnown) this.covering.clear();
    if ((isKnown || this.nodes.size < MOST_NODES) && (parent === 0 || this.nodes.has(parent)))
      this.nodes.set(id, { parent, kind: nodeKind, markers });
    // Asked about before it was known, it counted as masked.
    this.covering.delete(id);
  }

  /** What is below stays until the next snapshot of the state: without a parent it is masked. */
  remove(id: number): void {
    this.nodes.delete(id);
    this.covering.clear();
  }

  kindOf(id: number): NodeKind {
    return this.nodes.get(id)?.kind ?? kind.unknown;
  }

  parentKind(id: number): NodeKind {
    return this.kindOf(this.nodes.get(id)?.parent ?? 0);
  }

  markersOf(id: number): number {
    return this.nodes.get(id)?.markers ?? 0;
  }

  change(id: number, changed: Partial<Pick<Known, 'kind' | 'markers'>>): void {
    const node = this.nodes.get(id);
    const { kind: nodeKind = node?.kind, markers = node?.markers } = changed;
    if (!node || (nodeKind === node.kind && markers === node.markers)) return;
    Object.assign(node, changed);
    this.covering.clear();
  }

  /** Whether the node itself or one above it masks what is in it, or something of the way up is not known. */
  isMasked(id: number): boolean {
    // Kept for siblings; keeping it for all on the way would cost more than it saves where each change forgets it.
    return this.askUpwards(id, this.covering, { tooFar: true, kept: 2 }, (node) => {
      if (!node || node.markers !== 0 || masksText(node.kind)) return true;
      return node.parent === 0 ? false : undefined;
    });
  }

  /** The same for the node's own attributes: the label of a field is not its value. */
  isMarked(id: number): boolean {
    const node = this.nodes.get(id);
    if (!node || node.markers !== 0) return true;
    return node.parent !== 0 && this.isMasked(node.parent);
  }

  encode(): Uint8Array {
    const writer = new VarintWriter();
    writer.write(VERSION);
    const attached = new Map<number, boolean>();
    let last = 0;
    for (const id of [...this.nodes.keys()].sort((a, b) => a - b)) {
      const node = this.nodes.get(id);
      if (!node || !this.isAttached(id, attached)) continue;
      writer.write(id - last);
      writer.write(node.parent);
      writer.write(node.kind * 16 + node.markers);
      last = id;
    }
    return writer.finish();
  }

  /** Bytes of another version, or damaged ones, hold no nodes, so that everything is masked until the next full snapshot. */
  static decode(bytes: Uint8Array): KnownNodes {
    const known = new KnownNodes();
    const reader = new VarintReader(bytes);
    try {
      if (reader.isAtEnd || reader.read() !== VERSION) return known;
      for (let id = 0; !reader.isAtEnd;) {
        id += reader.read();
        const parent = reader.read();
        const both = reader.read();
        const nodeKind = Math.floor(both / 16);
        if (isKind(nodeKind)) known.nodes.set(id, { parent, kind: nodeKind, markers: both % 16 });
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      known.clear();
    }
    return known;
  }

  private isAttached(id: number, answers: Map<number, boolean>): boolean {
    return this.askUpwards(id, answers, { tooFar: false, kept: DEEPEST }, (node) => {
      if (!node) return false;
      return node.parent === 0 ? true : undefined;
    });
  }

  /** Asks the node and those above it until one answers, and keeps the answer for the first that were asked. */
  private askUpwards(
    id: number,
    answers: Map<number, boolean>,
    { tooFar, kept }: { tooFar: boolean; kept: number },
    ask: (node: Known | undefined) => boolean | undefined,
  ): boolean {
    const asked: number[] = [];
    let answer: boolean | undefined;
    for (let at = id; answer === undefined; at = this.nodes.get(at)?.parent ?? 0) {
      answer = answers.get(at) ?? (asked.length < DEEPEST ? ask(this.nodes.get(at)) : tooFar);
      asked.push(at);
    }
    for (const one of asked.slice(0, kept)) answers.set(one, answer);
    return answer;
  }
}

/** Fields hold what a person wrote or chose; titles of pages name what they show. */
export function masksText(nodeKind: NodeKind): boolean {
  return nodeKind === kind.field || nodeKind === kind.option || nodeKind === kind.title;
}
