import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { BackupError, type BackupTarget } from './backup-target.js';
import { linesIn } from './lines-writer.js';
import type { BackupFile } from './manifest.js';

/** The lines of a file. Fails at their end, at the latest, when they are not the ones that were written. */
export async function* linesOf(
  target: BackupTarget,
  { name, rows, bytes, sha256 }: BackupFile,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  let lines = 0;
  const hashed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      read += chunk.length;
      yield chunk;
    }
  };
  const stored = await target.read(name);
  try {
    const text = createZstdDecompress();
    // Its errors reach the loop.
    pipeline(Readable.from(hashed(stored), { objectMode: false }), text, () => undefined);
    for await (const chunk of text as AsyncIterable<Buffer>) {
      lines += linesIn(chunk);
      yield chunk;
    }
  } catch (error) {
    // What fails without the system having failed is the text itself.
    if (error instanceof BackupError || Object.hasOwn(error as object, 'syscall')) throw error;
    throw damagedFile(name, target);
  } finally {
    stored.destroy();
  }
  if (read !== bytes || hash.digest('hex') !== sha256 || lines !== rows) throw damagedFile(name, target);
}

/** The lines of several files, one after the other. */
export async function* linesOfAll(
  target: BackupTarget,
  files: readonly BackupFile[],
): AsyncGenerator<Buffer> {
  for (const file of files) yield* linesOf(target, file);
}

export function damagedFile(name: string, { place }: BackupTarget): BackupError {
  return new BackupError(`${name} in ${place} is damaged: it is not what was written.`);
}
