import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { CHUNK_LIMITS, type ReplayEvent, readChunk, type Refusal } from '@dovecote/replay';
import { type AppError, invalidArgument } from '../../../platform/errors/index.js';
import { acceptedTimes, chunkBytes } from './recording.rules.js';

const gunzip = promisify(gunzipCallback);

/** Events that may be stored, before they are masked. */
export interface ReadEvents {
  readonly events: readonly ReplayEvent[];
  /** Events that are not stored, or not whole. */
  readonly leftOut: number;
}

/** The JSON of a chunk. @throws AppError INVALID_ARGUMENT. */
export async function unpacked(sent: Uint8Array): Promise<Uint8Array> {
  // No JSON begins like this.
  if (sent[0] !== 0x1f || sent[1] !== 0x8b) return sent;
  try {
    // Stops at the limit: a small bomb never becomes a large buffer.
    return await gunzip(sent, { maxOutputLength: chunkBytes.sent });
  } catch (error) {
    throw refused(isTooLarge(error) ? 'has more than 2 MiB uncompressed' : 'is not valid gzip');
  }
}

/** @throws AppError INVALID_ARGUMENT. */
export function readEvents(json: Uint8Array, now: number): ReadEvents {
  const { from: earliestMs, to: latestMs } = acceptedTimes(now);
  const read = readChunk(json, { ...CHUNK_LIMITS, bytes: chunkBytes.sent, earliestMs, latestMs });
  if (read.kind === 'refused') throw refused(sentences[read.reason]);
  return { events: read.events, leftOut: new Set(read.leftOut.map(({ index }) => index)).size };
}

const sentences: Readonly<Record<Refusal['reason'], string>> = {
  'too-large': 'has more than 2 MiB',
  'not-json': 'is not JSON',
  'not-an-array': 'must be an array of events',
  'too-many-events': 'has too many events',
  'too-complex': 'has too many nodes, or is nested too deeply',
};

function refused(description: string): AppError {
  return invalidArgument([{ field: 'events', description }]);
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}
