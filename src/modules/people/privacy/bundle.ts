import { createWriteStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { sealedWith } from '../../../platform/object-store/index.js';

export interface BundleFile {
  name: string;
  /** Read when its turn has come. */
  lines(): AsyncIterable<string>;
}

/** Writes a ZIP, one file after the other as its lines come; encrypted, if there is a key. */
export async function writeBundle(path: string, files: readonly BundleFile[], key?: Buffer): Promise<void> {
  const zip = new ZipFile();
  const content = new PassThrough();
  // yazl reports what goes wrong on the archive, hears of no error in what it reads, and leaves its output open.
  const fail = (error: unknown): void => void content.destroy(error as Error);
  zip.on('error', fail);
  zip.outputStream.pipe(content);
  for (const { name, lines } of files) {
    zip.addReadStreamLazy(name, {}, (done) => done(null, Readable.from(lines()).on('error', fail)));
  }
  zip.end();
  await pipeline(key ? sealedWith(key, content) : content, createWriteStream(path, { mode: 0o600 }));
}
