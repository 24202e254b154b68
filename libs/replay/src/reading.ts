import type { ChunkLimits } from './limits.js';

/** Why an event, or a part of it, is left out. */
export type LeftOutReason =
  /** It is not what rrweb records. */
  | 'shape'
  /** Its time is outside the limits, or before what stands in front of it. */
  | 'time'
  | 'too-many-nodes'
  | 'too-deep'
  /** A type or a source that is not kept: custom events, plugins, assets, fonts, console output, media. */
  | 'not-kept'
  | 'canvas'
  /** The event is kept without an image. */
  | 'image'
  /** The event is kept without a text. */
  | 'text';

/** Ends the reading of one event. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut';
  constructor(readonly reason: LeftOutReason) {
    super(`The event is left out: ${reason}.`);
  }
}

/** The reading of a chunk: its limits, and what has been used of them. */
export class Reading {
  /** What the event that is being read loses. */
  readonly missingParts = new Set<LeftOutReason>();
  private nodes = 0;

  constructor(readonly limits: ChunkLimits) {}

  countNode(): void {
    if (++this.nodes > this.limits.nodes) throw new LeftOut('too-many-nodes');
  }

  text(value: unknown): string {
    if (typeof value !== 'string') throw new LeftOut('shape');
    if (value.length <= this.limits.text) return value;
    this.missingParts.add('text');
    return '';
  }
}

const LARGEST_ID = 2 ** 31 - 1;
const LONGEST_NAME = 200;
const MOST_ITEMS = 100_000;

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  if (!isFields(value)) throw new LeftOut('shape');
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list<T>(value: unknown, read: (item: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) throw new LeftOut('shape');
  return value.map((item) => read(item));
}

export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

export function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new LeftOut('shape');
  return value;
}

export function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new LeftOut('shape');
  return value;
}

/** True, or not there. */
export function flag(value: unknown): true | undefined {
  return value === true ? true : undefined;
}

/** The id of a node or a style sheet. */
export function id(value: unknown): number {
  if (!Number.isSafeInteger(value) || number(value) < 1 || number(value) > LARGEST_ID)
    throw new LeftOut('shape');
  return number(value);
}

/** rrweb writes -1 for a node that it does not record. */
export function idOrNone(value: unknown): number {
  return value === -1 ? -1 : id(value);
}

export function name(value: unknown): string {
  if (typeof value !== 'string' || value.length > LONGEST_NAME) throw new LeftOut('shape');
  return value;
}
