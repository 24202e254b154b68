import type { Readable } from 'node:stream';

/** The name and type under which an object is downloaded. */
export interface Download {
  /** Letters, digits, dots and dashes. */
  filename: string;
  contentType: string;
}

/** How long a link is good. */
export const LINK_MS = 60 * 60_000;

/** Keys are ours: the organization's id first, so that what belongs to one can be removed with it. */
const wellFormedKey = /^[0-9a-f-]{36}(\/[a-z0-9][a-z0-9-]*(\.[a-z0-9]+)?)+$/;

/**
 * Stores large objects: exports to be downloaded, and files that were uploaded. They are reachable by a signed link only; the
 * code that creates a link has checked the caller.
 */
export abstract class ObjectStore {
  /** Stores what comes out of the source: all of it, or nothing. An object with this key is replaced. */
  abstract put(key: string, source: Readable, contentType: string): Promise<void>;

  /** What is in the object, as it comes. Rejects, or fails on the way, when it is not there. */
  abstract read(key: string): Promise<Readable>;

  /** A URL for one hour. Whether the object is there shows when it is followed. */
  abstract link(key: string, download: Download): Promise<string>;

  /** Also of an object that is not there. */
  abstract remove(key: string): Promise<void>;

  /** All below a folder: an organization's id, or the beginning of keys up to a slash. */
  abstract removeAll(folder: string): Promise<void>;

  /** The keys of all objects, for backups. What is stored or removed during the walk may be among them or not. */
  abstract keys(): AsyncGenerator<string>;
}

/** Other files of the folder or bucket are not ours. */
export function isKey(text: string): boolean {
  return wellFormedKey.test(text);
}

export function requireKey(key: string): string {
  if (!isKey(key)) throw new RangeError(`"${key}" is not a valid object key.`);
  return key;
}

export function attachment(filename: string): string {
  if (!/^[\w.-]+$/.test(filename)) throw new RangeError(`"${filename}" is not a valid download name.`);
  return `attachment; filename="${filename}"`;
}
