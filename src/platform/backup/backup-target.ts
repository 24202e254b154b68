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
}

/** A backup cannot be made or restored; the message is for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
