import { Readable } from 'node:stream';
import type { ObjectStore } from '../object-store/index.js';
import type { BackupTarget } from './backup-target.js';
import type { Manifest } from './manifest.js';
import { bytesOf, storedObjects } from './stored-object.js';

/** What is in the store already, in words; undefined when it is empty. */
export async function describeObjects(objects: ObjectStore): Promise<string | undefined> {
  for await (const key of objects.keys()) return `the object ${key}`;
  return undefined;
}

/** Puts every object where it was; one that is there is replaced by the same. Answers how many. */
export async function loadObjects(
  objects: ObjectStore,
  { target, manifest }: { target: BackupTarget; manifest: Manifest },
): Promise<number> {
  let count = 0;
  for await (const object of storedObjects(target, manifest.objects)) {
    const bytes = Readable.from(bytesOf(target, object), { objectMode: false });
    // The link tells a browser the type.
    await objects.put(object.key, bytes, 'application/octet-stream');
    count += 1;
  }
  return count;
}
