import { createWriteStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { sealedWith } from '../../platform/object-store/index.js';

export interface BundleFile {
  name: string;
  /** Read when its turn has come. */
  lines(): AsyncIterable<string>;
}

/** Writes a ZIP, one file after the other as its lines come; encrypted, if there is a key. */
export async function writeBundle(path: string, files: readonly BundleFile[], key?: Buffer): Promise<void> {
  const zip = new ZipFile();
  const content = new PassThrough();
  // yazl reports what goes wrong while it reads on the archive, and leaves its output open.
  zip.on('error', (error: unknown) => content.destroy(error as Error));
  zip.outputStream.pipe(content);
  for (const { name, lines } of files) {
    zip.addReadStreamLazy(name, {}, (done) => done(null, Readable.from(lines())));
  }
  zip.end();
  await pipeline(key ? sealedWith(key, content) : content, createWriteStream(path, { mode: 0o600 }));
}
