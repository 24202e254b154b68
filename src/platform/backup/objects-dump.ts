import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectStore } from '../object-store/index.js';
import type { BackupTarget } from './backup-target.js';
import { isMissing } from './is-missing.js';
import { LinesWriter } from './lines-writer.js';
import type { Manifest } from './manifest.js';
import { objectName, type StoredObject } from './stored-object.js';

/** Objects at once: small ones wait mostly for the disk or the network. */
const AT_ONCE = 8;

/**
 * Copies the objects. Called after the snapshot of PostgreSQL: what its rows name is there, unless it was deleted in the
 * meantime.
 */
export async function dumpObjects(
  objects: ObjectStore,
  target: BackupTarget,
  onObject: (bytes: number) => void,
): Promise<Manifest['objects']> {
  const list = new LinesWriter(target, 'objects-list');
  const total = { count: 0, bytes: 0, gone: 0 };
  const note = async (keys: readonly string[]): Promise<void> => {
    const copied = await Promise.all(keys.map((key) => copyObject(objects, target, key)));
    for (const object of copied) {
      if (!object) total.gone += 1;
      else {
        total.count += 1;
        total.bytes += object.bytes;
        onObject(object.bytes);
        await list.write(Buffer.from(`${JSON.stringify(object)}\n`));
      }
    }
  };
  try {
    let some: string[] = [];
    for await (const key of objects.keys()) {
      some.push(key);
      if (some.length < AT_ONCE) continue;
      await note(some);
      some = [];
    }
    await note(some);
    return { ...total, list: [...(await list.end())] };
  } catch (error) {
    list.destroy();
    throw error;
  }
}

/** Undefined when it was deleted since it was listed. */
async function copyObject(
  objects: ObjectStore,
  target: BackupTarget,
  key: string,
): Promise<StoredObject | undefined> {
  const source = await objects.read(key).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!source) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await target.put(objectName(key), Readable.from(hashed(), { objectMode: false }));
  return { key, bytes, sha256: hash.digest('hex') };
}
