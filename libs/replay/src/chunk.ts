import { eventType, type ReplayEvent } from './event.js';
import type { ChunkLimits } from './limits.js';
import { readIncremental } from './read-incremental.js';
import { readNode } from './read-node.js';
import { fields, LeftOut, type LeftOutReason, number, Reading } from './reading.js';
import { isTooComplex } from './structure.js';

export interface Chunk {
  kind: 'chunk';
  /** By time. */
  events: ReplayEvent[];
  /** By the place in the chunk; an event from which only a part was left out is in `events` too. */
  leftOut: { index: number; reason: LeftOutReason }[];
}

/** Nothing of the chunk can be used. */
export interface Refusal {
  kind: 'refused';
  reason: 'too-large' | 'not-json' | 'not-an-array' | 'too-many-events' | 'too-complex';
}

/** How far an event may stand behind a later one: rrweb reports some of them with a delay. */
const DISORDER_MS = 10_000;
/** rrweb's numbers of custom events, plugins, assets and annotations. */
const notKept = [5, 6, 7, 8];

/** Reads a JSON array of rrweb's events that anyone may have written. */
export function readChunk(json: string | Uint8Array, limits: ChunkLimits): Chunk | Refusal {
  const values = parse(json, limits);
  return Array.isArray(values) ? readEvents(values, limits) : values;
}

function parse(json: string | Uint8Array, limits: ChunkLimits): unknown[] | Refusal {
  if (json.length > limits.bytes) return refused('too-large');
  const text = typeof json === 'string' ? json : decode(json);
  if (text === undefined) return refused('not-json');
  if (typeof json === 'string' && new TextEncoder().encode(json).length > limits.bytes)
    return refused('too-large');
  // A node takes two levels and three containers; a page that is too deep for one event does not end the chunk.
  const structure = { depth: 4 * limits.depth + 20, containers: 4 * limits.nodes + 8 * limits.events };
  if (isTooComplex(text, structure)) return refused('too-complex');
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return refused('not-json');
  }
  if (!Array.isArray(values)) return refused('not-an-array');
  return values.length > limits.events ? refused('too-many-events') : values;
}

function refused(reason: Refusal['reason']): Refusal {
  return { kind: 'refused', reason };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readEvents(values: readonly unknown[], limits: ChunkLimits): Chunk {
  const reading = new Reading(limits);
  const events: ReplayEvent[] = [];
  const leftOut: Chunk['leftOut'] = [];
  let latest = -Infinity;
  values.forEach((value, index) => {
    const read = readOr(value, reading, latest);
    if (typeof read === 'string') {
      leftOut.push({ index, reason: read });
    } else {
      events.push(read);
      latest = Math.max(latest, read.timestamp);
      for (const reason of reading.missingParts) leftOut.push({ index, reason });
    }
    reading.missingParts.clear();
  });
  return { kind: 'chunk', events: events.sort((a, b) => a.timestamp - b.timestamp), leftOut };
}

/** The event, or why it is left out. */
function readOr(value: unknown, reading: Reading, latest: number): ReplayEvent | LeftOutReason {
  try {
    const event = readEvent(value, reading);
    const { earliestMs, latestMs } = reading.limits;
    const { timestamp } = event;
    const isTimely = timestamp >= earliestMs && timestamp <= latestMs && timestamp >= latest - DISORDER_MS;
    return isTimely ? event : 'time';
  } catch (error) {
    if (error instanceof LeftOut) return error.reason;
    throw error;
  }
}

function readEvent(value: unknown, reading: Reading): ReplayEvent {
  const { type, data, timestamp: time } = fields(value);
  if (notKept.includes(type as number)) throw new LeftOut('not-kept');
  const timestamp = number(time);
  switch (type) {
    case eventType.domContentLoaded:
    case eventType.load:
      return { type, data: {}, timestamp };
    case eventType.fullSnapshot: {
      const { node, initialOffset } = fields(data);
      const { top, left } = fields(initialOffset);
      const offset = { top: number(top), left: number(left) };
      return { type, data: { node: readNode(node, reading), initialOffset: offset }, timestamp };
    }
    case eventType.incremental:
      return { type, data: readIncremental(data, reading), timestamp };
    case eventType.meta: {
      const { href, width, height } = fields(data);
      return {
        type,
        data: { href: reading.text(href), width: number(width), height: number(height) },
        timestamp,
      };
    }
    default:
      throw new LeftOut('shape');
  }
}
