const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The most that one session may have. */
export const sessionLimits = { bytes: 24 * MiB, durationMs: 4 * HOUR_MS } as const;

/** A chunk as JSON: as it is sent, and as it is stored. Masking can make numbers and texts longer. */
export const chunkBytes = { sent: 2 * MiB, stored: 3 * MiB } as const;

/** Events of a device whose clock is wrong by more than that are left out. */
const OLDEST_MS = 7 * DAY_MS;
const AHEAD_MS = DAY_MS;

export const DEFAULT_RETENTION_DAYS = 30;

/** Gaps that an answer tells of. */
export const MOST_GAPS = 100;

/** When something happened by the clock of a device: milliseconds of the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The times that events may have. */
export function acceptedTimes(now: number): Span {
  return { from: now - OLDEST_MS, to: now + AHEAD_MS };
}

/** From the first to the last of the times; undefined without any. */
export function spanOfTimes(times: readonly number[]): Span | undefined {
  if (times.length === 0) return undefined;
  return times.reduce<Span>(
    (span, time) => ({ from: Math.min(span.from, time), to: Math.max(span.to, time) }),
    { from: Infinity, to: -Infinity },
  );
}

/** Both together. */
export function joined(one: Span | undefined, other: Span | undefined): Span | undefined {
  if (!one || !other) return one ?? other;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}

/** Which bound of a session would be passed by what it would then have. */
export function passedBound(bytes: number, span: Span | undefined): 'bytes' | 'duration' | undefined {
  if (bytes > sessionLimits.bytes) return 'bytes';
  return span && span.to - span.from > sessionLimits.durationMs ? 'duration' : undefined;
}

export interface PageableChunk {
  readonly bytes: number;
}

/** The first of the chunks that one answer takes: as many as stay within the largest chunk, and always one. */
export function firstPage<Chunk extends PageableChunk>(chunks: readonly Chunk[]): Chunk[] {
  let bytes = 0;
  const end = chunks.findIndex((chunk, index) => (bytes += chunk.bytes) > chunkBytes.stored && index > 0);
  return chunks.slice(0, end < 0 ? chunks.length : end);
}

/** Shards of the sum of an organization. */
const SHARDS = 16;

/** The last digit of an id is random. */
export function shardOf(recordingId: string): number {
  return Number.parseInt(recordingId.slice(-1), 16) % SHARDS;
}
