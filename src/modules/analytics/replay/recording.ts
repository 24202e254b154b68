import type { ActivityTotals } from '@dovecote/replay';
import type { Span } from './recording.rules.js';

/** A recording as those who may see it know it. */
export interface ListedRecording {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly activity: ActivityTotals;
}

/** A recording that is being added to. */
export interface OpenRecording {
  readonly id: string;
  readonly campaignId: string | null;
  readonly sealedKey: Buffer;
  /** What masking has learned from the chunks until `lastSequence`. */
  readonly nodes: Buffer;
  readonly lastSequence: number;
  readonly chunks: number;
  /** Size of all events, as JSON. */
  readonly bytes: number;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly activity: ActivityTotals;
}

/** A chunk of a recording. */
export interface Chunk {
  readonly sequence: number;
  /** Names its object. */
  readonly objectId: string;
  readonly screen: string;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** None: then it has no object. */
  readonly events: number;
  readonly leftOut: number;
  /** Size of the events, as JSON. */
  readonly bytes: number;
}

export type StoredChunk = Chunk & { readonly contentHash: Buffer };

/** What a recording is after a chunk. */
export interface Progress {
  readonly campaignId: string | null;
  readonly nodes: Buffer;
  readonly lastSequence: number;
  readonly bytes: number;
  readonly span: Span | undefined;
  readonly activity: ActivityTotals;
}

/** A recording whose row is deleted. */
export interface RemovedRecording {
  readonly id: string;
  /** Size of its objects. */
  readonly octets: number;
}
