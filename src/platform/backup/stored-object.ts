import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BackupTarget } from './backup-target.js';
import { damagedFile, linesOfAll } from './lines-reader.js';
import type { Manifest } from './manifest.js';

const storedObject = z.object({ key: z.string(), bytes: z.number(), sha256: z.string() });

/** A line of the list of objects. */
export type StoredObject = z.infer<typeof storedObject>;

/** What the object is named in a backup. */
export function objectName(key: string): string {
  return `objects/${key}`;
}

/** The objects of a backup, as its list names them. */
export async function* storedObjects(
  target: BackupTarget,
  { list }: Manifest['objects'],
): AsyncGenerator<StoredObject> {
  let rest = '';
  for await (const chunk of linesOfAll(target, list)) {
    // Keys are ASCII: no character is cut.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield storedObject.parse(JSON.parse(line));
  }
}

/** The bytes of an object. Fails at their end when they are not the ones that were written. */
export async function* bytesOf(
  target: BackupTarget,
  { key, bytes, sha256 }: StoredObject,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of (await target.read(objectName(key))) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    read += chunk.length;
    yield chunk;
  }
  if (read !== bytes || hash.digest('hex') !== sha256) throw damagedFile(objectName(key), target);
}
