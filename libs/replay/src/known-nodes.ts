import { kind, type NodeKind } from './node-kind.js';
import { VarintReader, VarintWriter } from './varint.js';

interface Known {
  /** 0: none. */
  parent: number;
  kind: NodeKind;
  markers: number;
}

const MOST_NODES = 100_000;
/** A node deeper than this, or in a circle that a forged recording makes, counts as masked. */
const DEEPEST = 1_000;
const VERSION = 1;
const kinds = new Set<number>(Object.values(kind));

function isKind(value: number): value is NodeKind {
  return kinds.has(value);
}

/** The nodes of a recorded page: which of them mask what is in them. A node that is not known is masked. */
export class KnownNodes {
  private readonly nodes = new Map<number, Known>();

  clear(): void {
    this.nodes.clear();
  }

  /** A node whose parent is not known does not become known. */
  add(id: number, parent: number, nodeKind: NodeKind, markers: number): void {
    const hasPlace = this.nodes.size < MOST_NODES || this.nodes.has(id);
    if (hasPlace && (parent === 0 || this.nodes.has(parent)))
      this.nodes.set(id, { parent, kind: nodeKind, markers });
  }

  /** What is below stays until the next snapshot of the state: without a parent it is masked. */
  remove(id: number): void {
    this.nodes.delete(id);
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
    if (node) Object.assign(node, changed);
  }

  /** Whether the node itself or one above it masks what is in it, or something of the way up is not known. */
  isMasked(id: number): boolean {
    return masksText(this.kindOf(id)) || this.isMarked(id);
  }

  /** The same for the node's own attributes: the label of a field is not its value. */
  isMarked(id: number): boolean {
    let at = id;
    for (let steps = 0; steps < DEEPEST; steps++) {
      const node = this.nodes.get(at);
      if (!node || node.markers !== 0 || (at !== id && masksText(node.kind))) return true;
      if (node.parent === 0) return false;
      at = node.parent;
    }
    return true;
  }

  encode(): Uint8Array {
    const writer = new VarintWriter();
    writer.write(VERSION);
    let last = 0;
    for (const id of [...this.nodes.keys()].sort((a, b) => a - b)) {
      const node = this.nodes.get(id);
      if (!node || !this.isAttached(id)) continue;
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

  private isAttached(id: number): boolean {
    let at = id;
    for (let steps = 0; steps < DEEPEST; steps++) {
      const node = this.nodes.get(at);
      if (!node) return false;
      if (node.parent === 0) return true;
      at = node.parent;
    }
    return false;
  }
}

/** Fields hold what a person wrote or chose; titles of pages name what they show. */
export function masksText(nodeKind: NodeKind): boolean {
  return nodeKind === kind.field || nodeKind === kind.option || nodeKind === kind.title;
}
