import type { Readable } from 'node:stream';

/** Where a backup lies. Names are paths below it, with slashes. */
export interface BackupTarget {
  /** As people name it. */
  readonly place: string;
  /** Some names of what is there already; none of a place that does not exist. */
  names(): Promise<readonly string[]>;
  /** Stores all of the source, or fails. When it resolves the bytes are where a power cut leaves them. */
  put(name: string, source: Readable): Promise<void>;
  /** Fails with BackupError when it is not there. */
  read(name: string): Promise<Readable>;
  /** Refuses what does not fit. */
  requireSpace(bytes: number): Promise<void>;
  /** The place of this name below it. */
  within(name: string): BackupTarget;
  /** Deletes all that is there. The manifest goes first, so that what a crash leaves is incomplete. */
  remove(): Promise<void>;
}

/** A backup cannot be made or restored; the message is for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
