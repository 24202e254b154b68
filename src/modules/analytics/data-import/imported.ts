import type { JsonObject } from '@bufbuild/protobuf';
import type { EventDraft } from '../event/index.js';

/** What a line of a file means. */
export type Imported =
  | { readonly type: 'event'; readonly event: ImportedEvent }
  | { readonly type: 'person'; readonly person: ImportedPerson }
  | { readonly type: 'skipped' };

export interface ImportedEvent extends EventDraft {
  /** The file says what enrichment would find out, because this product wrote it. */
  readonly isComplete: boolean;
}

export interface ImportedPerson {
  readonly externalId: string;
  readonly traits: JsonObject;
  readonly links: readonly string[];
  readonly isAlias: boolean;
}

/** Why a line cannot be taken. */
export class LineError extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** A line of a file: a value, or why there is none. */
export interface SourceRecord {
  /** From 1. */
  readonly line: number;
  readonly value?: unknown;
  readonly error?: string;
}
